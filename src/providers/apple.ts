import { z } from 'zod'
import { fullName } from '../core/identity/full-name.ts'
import { TextSubject } from '../core/identity/profile.ts'
import { lenientTrue, optionalText } from '../core/provider/documents.ts'
import { defineProvider, type ProviderRow } from '../core/provider/provider.ts'
import type { RowValues } from '../core/provider/row-inputs.ts'
import { appleButton } from './buttons.ts'
import { appleConsole } from './consoles/apple.ts'
import { appleEvents } from './events/apple.ts'

const SECRET_SECONDS = 3600

/** The client secret is a JWT signed by the app's key; it is made anew ten minutes before it ends. */
function clientSecret(clientId: string, row: ProviderRow, values: RowValues) {
  let made: { secret: string; until: number } | null = null
  return async () => {
    const now = Math.floor(Date.now() / 1000)
    if (made !== null && now < made.until) return made.secret
    const { importPKCS8, SignJWT } = await import('jose')
    const key = await importPKCS8(values.PRIVATE_KEY ?? '', 'ES256')
    const secret = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: values.KEY_ID ?? '' })
      .setIssuer(values.TEAM_ID ?? '')
      .setSubject(clientId)
      .setAudience(row.issuer ?? '')
      .setIssuedAt(now)
      .setExpirationTime(now + SECRET_SECONDS)
      .sign(key)
    made = { secret, until: now + SECRET_SECONDS - 600 }
    return secret
  }
}

const AppleClaims = z
  .object({ sub: TextSubject, email: optionalText, email_verified: lenientTrue })
  .transform(({ sub, email, email_verified }) => ({
    subject: sub,
    email,
    emailVerified: email_verified,
  }))

const name = z.object({ firstName: optionalText, lastName: optionalText })
/** Sent with the first authorization only, and not signed: good for the name and nothing else. */
const AppleUser = z.object({ name }).nullish().catch(null)

/** A team's or a key's. */
const APPLE_ID = {
  pattern: /^[\x21-\x7e]{1,255}$/,
  looksLike: { pattern: /^[A-Z0-9]{10}$/, like: 'ABCDE12345' },
}

/** Apple: OpenID Connect without userinfo, by form_post. https://developer.apple.com/documentation/signinwithapplerestapi */
export const apple = defineProvider({
  id: 'apple',
  name: 'Apple',
  button: appleButton,
  console: appleConsole,
  events: appleEvents,
  gives: 'name once, e-mail (may be a relay address)',
  emailVerifiedWhen: '`email_verified` is true or "true"',
  settings: {
    TEAM_ID: {
      ...APPLE_ID,
      mustBe: { en: 'the id of the team, without spaces', ko: '팀 ID(공백 없이)' },
    },
    KEY_ID: {
      ...APPLE_ID,
      mustBe: { en: 'the id of the key, without spaces', ko: '키 ID(공백 없이)' },
    },
    PRIVATE_KEY: {
      pattern: /BEGIN PRIVATE KEY/,
      privateKey: ['ES256'],
      mustBe: { en: 'the content of the .p8 file', ko: '.p8 파일의 내용' },
    },
  },
  clientSecret,
  issuer: 'https://appleid.apple.com',
  endpoints: {
    authorization_endpoint: 'https://appleid.apple.com/auth/authorize',
    token_endpoint: 'https://appleid.apple.com/auth/token',
    jwks_uri: 'https://appleid.apple.com/auth/keys',
    revocation_endpoint: 'https://appleid.apple.com/auth/revoke',
  },
  scopes: ['name', 'email'],
  // Asking for any scope requires it.
  formPost: true,
  idToken: 'required',
  // False where the person's platform cannot carry one; nowhere else may it be missing.
  nonceOptional: ({ nonce_supported }) => nonce_supported === false,
  authTime: true,
  // Apps hand the SDK the hash, and keep the nonce itself.
  native: { readIdToken: (claims) => AppleClaims.parse(claims), nonce: 'sha256' },
  deniedErrors: ['access_denied', 'user_cancelled_authorize'],
  namesElsewhere: ['apple.com'],
  readProfile: async ({ claims, formUser }) => {
    const { firstName, lastName } = AppleUser.parse(formUser)?.name ?? {}
    return { ...AppleClaims.parse(claims), name: fullName(firstName, lastName) }
  },
})
