import type { FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { hashToken } from '../core/secrets.ts'
import type { ProvenIdentity } from '../core/stores.ts'
import type { SubjectToken } from '../core/subject-token.ts'
import { observed } from '../http/outcome.ts'
import { NATIVE_MAX_AGE_SECONDS, type NativeToken, refused } from '../upstream/native-token.ts'
import type { Who } from '../upstream/provider.ts'
import { openSession, provenIdentity } from './open-session.ts'
import type { LoginOptions } from './options.ts'

/** A native sign-in as a client asks for it. */
export interface NativeRequest extends SubjectToken {
  clientId: string
  scope: string
}

/** Native sign-in at any of the enabled providers: a token of its SDK -> user and session -> tokens. */
export function createNativeSignIn(logins: ReadonlyMap<string, LoginOptions>) {
  return async (asked: NativeRequest, request: FastifyRequest) =>
    atLogin(logins, asked, async (login) => {
      const who = await readOnce(login, asked)
      const { clientId, scope } = asked
      // The nonce was for the provider's ID token; ours answers no authorization request.
      const client = { clientId, scope, nonce: null, code: null }
      const { prepared, account } = await openSession(login, who, client, request, { native: true })
      return prepared.tokens(account)
    })
}

/** Who the token of a provider's SDK is about, for whoever signs nobody in by it. */
export function createNativeProof(logins: ReadonlyMap<string, LoginOptions>) {
  return async (asked: SubjectToken): Promise<ProvenIdentity> =>
    atLogin(logins, asked, async (login) => provenIdentity(login, await readOnce(login, asked)))
}

/** Does the work at the provider that is asked for, and tells how it ended. */
async function atLogin<T>(
  logins: ReadonlyMap<string, LoginOptions>,
  { provider }: SubjectToken,
  work: (login: LoginOptions) => Promise<T>,
): Promise<T> {
  const login = logins.get(provider)
  if (login === undefined) {
    throw new LatchkeyError('unknown_provider', 'The subject_issuer names no enabled provider.')
  }
  return observed(work(login), (outcome) => login.ended('native', outcome))
}

/** Reads a native token, and an ID token once on all replicas. */
async function readOnce(
  { provider, finishedFlows }: LoginOptions,
  shown: NativeToken,
): Promise<Who> {
  const who = await provider.readNative(shown)
  if (shown.kind === 'id_token') {
    const mark = nativeMark(provider.row.id, shown.token)
    // Kept for longer than any token is accepted.
    const isFirst = await finishedFlows.finish(mark, NATIVE_MAX_AGE_SECONDS * 2)
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
