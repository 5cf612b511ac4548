import type { FastifyRequest } from 'fastify'
import { BUILT_IN_CLIENT } from '../core/client/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { AuthenticatedIdentity } from '../core/identity/sign-ins.ts'
import { said } from '../core/messages.ts'
import type { SubjectToken } from '../core/provider/subject-token.ts'
import { hashToken } from '../core/secrets.ts'
import { know } from '../http/log/known.ts'
import { withOutcome } from '../http/outcome.ts'
import {
  NATIVE_MAX_AGE_SECONDS,
  type NativeToken,
  refused,
} from '../upstream/id-token/native-token.ts'
import type { Authentication } from '../upstream/provider.ts'
import { noteOf } from './finish/note.ts'
import { authenticatedIdentity, openSession, senderOf } from './finish/open-session.ts'
import type { Login } from './login.ts'

/** A native sign-in as a client asks for it. */
export interface NativeRequest extends SubjectToken {
  clientId: string
  scope: string
  resource: string | null
}

/** Native sign-in at any of the enabled providers: a token of its SDK -> user and session -> tokens. */
export function createNativeSignIn(logins: ReadonlyMap<string, Login>) {
  return async (asked: NativeRequest, request: FastifyRequest) =>
    atLogin(logins, asked, async (login) => {
      know(request, { client: asked.clientId, provider: asked.provider })
      if (asked.clientId === BUILT_IN_CLIENT && !login.directAnswer) throw notRegistered()
      const who = await readOnce(login, asked, request)
      const { clientId, scope, resource } = asked
      // The nonce was for the provider's ID token; ours answers no authorization request.
      const sender = senderOf(request)
      const { authTime } = who
      const client = { clientId, scope, resource, nonce: null, code: null, authTime, ...sender }
      const { prepared, account } = await openSession(login, who, client, request, { native: true })
      return prepared.tokens(account)
    })
}

/** Nobody registered the built-in client: where it gets no tokens in a browser, it gets none here. */
const notRegistered = () =>
  new LatchkeyError(
    'unauthorized_client',
    'Register a client: tokens for the built-in one are off (DIRECT_ANSWER).',
    { evidence: { reason: 'direct_answer_off' } },
  )

/** Who the token of a provider's SDK is about, for whoever signs nobody in by it. */
export function createNativeProof(logins: ReadonlyMap<string, Login>) {
  return async (asked: SubjectToken, request: FastifyRequest): Promise<AuthenticatedIdentity> =>
    atLogin(logins, asked, async (login) => {
      know(request, { provider: asked.provider })
      return authenticatedIdentity(login, await readOnce(login, asked, request))
    })
}

/** Does the work at the provider that is asked for, and tells how it ended. */
async function atLogin<T>(
  logins: ReadonlyMap<string, Login>,
  { provider }: SubjectToken,
  work: (login: Login) => Promise<T>,
): Promise<T> {
  const login = logins.get(provider)
  if (login === undefined) {
    throw new LatchkeyError('unknown_provider', said.unknownSubjectIssuer)
  }
  return withOutcome(work(login), (outcome) => login.ended('native', outcome))
}

/** Reads a native token, and an ID token once on all replicas. */
async function readOnce(
  { provider, usedFlows }: Login,
  shown: NativeToken,
  request: FastifyRequest,
): Promise<Authentication> {
  const who = await provider.readNative(shown, noteOf(request))
  if (shown.kind === 'id_token') {
    const mark = nativeMark(provider.row.id, shown.token)
    // Kept for longer than any token is accepted.
    const isFirst = await usedFlows.finish(mark, NATIVE_MAX_AGE_SECONDS * 2)
    if (!isFirst) throw refused('id_token', 'used')
  }
  return who
}

/**
 * The mark of a used ID token. Its signature is left out: that can be written in several ways that
 * all verify (ECDSA's s and n-s, the last bits of base64url), which would be as many uses.
 */
const nativeMark = (provider: string, token: string): string =>
  hashToken(`native ${provider} ${token.slice(0, token.lastIndexOf('.'))}`).toString('base64url')
