import type { FastifyRequest } from 'fastify'
import { BUILT_IN_CLIENT } from '../core/client/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { AuthenticatedIdentity } from '../core/identity/sign-ins.ts'
import { said } from '../core/messages.ts'
import type { SubjectToken } from '../core/provider/subject-token.ts'
import { s256 } from '../core/secrets.ts'
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

/** A client's request for a native sign-in. */
export interface NativeRequest extends SubjectToken {
  clientId: string
  scope: string
  resource: string | null
}

/** Native sign-in at any enabled provider: a token from its SDK -> user and session -> tokens. */
export function createNativeSignIn(logins: ReadonlyMap<string, Login>) {
  return async (asked: NativeRequest, request: FastifyRequest) =>
    atLogin(logins, asked, async (login) => {
      know(request, { client: asked.clientId, provider: asked.provider })
      if (asked.clientId === BUILT_IN_CLIENT && !login.directAnswer) throw notRegistered()
      const who = await readOnce(login, asked, request)
      const { clientId, scope, resource } = asked
      // The nonce was for the provider's ID token. Ours answers no authorization request, so it has
      // none.
      const sender = senderOf(request)
      const { authTime } = who
      const client = { clientId, scope, resource, nonce: null, code: null, authTime, ...sender }
      const { prepared, account } = await openSession(login, who, client, request, { native: true })
      return prepared.tokens(account)
    })
}

/**
 * The built-in client is unregistered: it gets tokens here only where a browser would get them, too
 * (DIRECT_ANSWER).
 */
const notRegistered = () =>
  new LatchkeyError(
    'unauthorized_client',
    'Register a client: tokens for the built-in one are off (DIRECT_ANSWER).',
    { evidence: { reason: 'direct_answer_off' } },
  )

/** Reads who a provider's SDK token is about without signing anybody in, for linking. */
export function createNativeProof(logins: ReadonlyMap<string, Login>) {
  return async (asked: SubjectToken, request: FastifyRequest): Promise<AuthenticatedIdentity> =>
    atLogin(logins, asked, async (login) => {
      know(request, { provider: asked.provider })
      return authenticatedIdentity(login, await readOnce(login, asked, request))
    })
}

/** Runs the work at the provider that is named, and counts how it ended. */
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

/** Reads a native token. An ID token is accepted once on all replicas. */
async function readOnce(
  { provider, usedFlows }: Login,
  shown: NativeToken,
  request: FastifyRequest,
): Promise<Authentication> {
  const who = await provider.readNative(shown, noteOf(request))
  if (shown.kind === 'id_token') {
    const mark = nativeMark(provider.row.id, shown.token)
    // Kept for longer than any such token is accepted.
    const isFirst = await usedFlows.finish(mark, NATIVE_MAX_AGE_SECONDS * 2)
    if (!isFirst) throw refused('id_token', 'used')
  }
  return who
}

/**
 * The key under which a used ID token is recorded. It leaves the signature out: one signature can
 * be written in several ways that all verify (ECDSA's s and n-s, the last bits of base64url), and
 * each would count as another token.
 */
const nativeMark = (provider: string, token: string): string =>
  s256(`native ${provider} ${token.slice(0, token.lastIndexOf('.'))}`)
