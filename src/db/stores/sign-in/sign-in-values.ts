import type { NewSession } from '../../../core/identity/sign-ins.ts'
import type { IdentityValues } from './identity-values.ts'
import type { SignInValues } from './sign-in-statement.ts'

/**
 * The parameters of a sign-in that creates no user yet. Every name is written out: building such a
 * large object by spreading others costs as much as the driver does.
 */
export const signInValues = (
  identity: IdentityValues,
  session: NewSession,
  { newUserId, reason, requestId }: Pick<SignInValues, 'newUserId' | 'reason' | 'requestId'>,
): SignInValues => ({
  provider: identity.provider,
  issuer: identity.issuer,
  subject: identity.subject,
  email: identity.email,
  emailVerified: identity.emailVerified,
  name: identity.name,
  picture: identity.picture,
  locale: identity.locale,
  access: identity.access,
  refreshToken: identity.refreshToken,
  newUserId,
  reason,
  unheld: null,
  claimed: null,
  mayCreate: false,
  requestId,
  sessionId: session.id,
  clientId: session.clientId,
  scope: session.scope,
  resource: session.resource,
  cookieMode: session.cookieMode,
  authTime: session.authTime,
  silent: session.silent,
  userAgent: session.userAgent,
  address: session.address,
  sessionTtl: session.ttlSeconds,
  tokenHash: session.refreshToken?.hash ?? null,
  tokenTtl: session.refreshToken?.ttlSeconds ?? 0,
  codeHash: session.code?.hash ?? null,
  redirectUri: session.code?.redirectUri ?? null,
  codeChallenge: session.code?.codeChallenge ?? null,
  nonce: session.code?.nonce ?? null,
  codeTtl: session.code?.ttlSeconds ?? 0,
})
