import type { Profile } from '../core/identity/profile.ts'
import type { Note } from '../core/note.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import type { ProviderTokens, StoreTokens } from '../core/provider/provider-tokens.ts'
import type { RowValues } from '../core/provider/row-inputs.ts'
import { randomToken, s256 } from '../core/secrets.ts'
import { noTracer, type Tracer } from '../core/tracer.ts'
import { createAuthorizationAddress, withMore, withQuery } from './authorization.ts'
import { type CallbackAnswer, readCallbackAnswer } from './callback-answer.ts'
import { checkCallbackIssuer } from './callback-issuer.ts'
import { exchangeCode } from './exchange/exchange-code.ts'
import { createTokensAtProvider, type TokensAtProvider } from './exchange/tokens-at-provider.ts'
import { type ForwardedParams, forwardedParameters } from './forwarded.ts'
import { authTimeOf } from './id-token/auth-time.ts'
import { readIdToken } from './id-token/browser-id-token.ts'
import { createJwksSource } from './id-token/jwks.ts'
import {
  type NativeToken,
  readNativeToken,
  requireOffered,
  sortOut,
} from './id-token/native-token.ts'
import { createMetadataSource, type Metadata } from './metadata/metadata.ts'
import { createBulkhead } from './outbound/bulkhead.ts'
import { withDeadline } from './outbound/deadline.ts'
import { type CallEnded, type Outbound, observedOutbound } from './outbound/outbound.ts'
import { readProfile } from './profile/read-profile.ts'
import { issuerIn, type ProviderCall, usesIdToken } from './provider-call.ts'
import { createEventReader, type EventReader } from './provider-events.ts'

/** Who has signed in. The key's issuer is empty where it does not vary. */
export interface Authentication {
  profile: Profile
  issuer: string
  /** When the person authenticated, as the provider signed it: seconds since 1970; null where it did not. */
  authTime: number | null
  /** What is kept of the tokens, null for nothing. */
  tokens: ProviderTokens | null
}

/** A logout at the provider (OpenID Connect RP-Initiated Logout 1.0, section 2). */
export interface LogoutRequest {
  redirectUri: string
  state: string
  /** The provider's own, so that it need not ask whom to sign out; null where none is kept. */
  idToken?: string | null
}

/** Characters of an ID token that goes along in an address. */
const MAX_HINT = 4096

/** One enabled provider at work. Each of its methods has `outboundMs` in all. */
export interface Provider {
  row: ProviderRow
  /** Finds out the endpoints and loads what is needed, ahead of the first login. */
  prepare(): Promise<void>
  /** What is known of it: its endpoints, and what it asks for that cannot be done. */
  metadata(): Promise<Metadata>
  /** The URL to send the browser to, with what the callback will need; `makeResumable` may lengthen the state. */
  start(
    asked: ForwardedParams & { needsAuthTime?: boolean },
    makeResumable: (state: string) => string,
    more?: Readonly<Record<string, string>>,
  ): Promise<{ url: string; state: string; nonce: string; verifier: string | null }>
  /** The URL of the provider's own logout, null where it has none. */
  logout(back: LogoutRequest): Promise<string | null>
  /** Code -> tokens -> ID token -> profile; throws where the provider, or another, says no. */
  finish(
    callback: CallbackAnswer & {
      state: string
      nonce: string
      verifier: string | null
      needsAuthTime?: boolean
      /** The `user` parameter of a form_post callback as JSON. */
      formUser: unknown
    },
    note?: Note,
  ): Promise<Authentication>
  /** A token of its mobile SDK -> profile. Throws `invalid_code` for one that is not good. */
  readNative(presented: NativeToken, note?: Note): Promise<Authentication>
  /** The tokens that a login leaves behind. */
  tokens: TokensAtProvider
  /** What it tells of its own accord. */
  readEvents: EventReader
}

/** What a provider is made of: its row, our registration there and our callback. */
export interface ProviderOptions {
  row: ProviderRow
  clientId: string
  clientSecret: string
  /** The row's own settings. */
  values: RowValues
  /** Further audiences that native ID tokens may have. */
  nativeClientIds: readonly string[]
  storeTokens: StoreTokens
  callbackUrl: string
  outbound: Outbound
  /** Ten seconds by default. */
  outboundMs?: number | undefined
  callEnded: CallEnded
  tracer?: Tracer
  /** Told what an operator should know though logins go on. */
  note: Note
}

/** A provider from its row, our registration there and our callback. */
export function createProvider(options: ProviderOptions): Provider {
  const { row, clientId, values, callbackUrl, outboundMs: ms } = options
  const outbound = observedOutbound(options.outbound, {
    provider: row.id,
    ended: options.callEnded,
    tracer: options.tracer ?? noTracer,
  })
  const secretOf = row.clientSecret?.(clientId, row, values) ?? (async () => options.clientSecret)
  const key = row.clientKey?.(values) ?? null
  const metadataOf = createMetadataSource({ row, key, outbound, ms, note: options.note })
  const jwks = createJwksSource(outbound)
  const bulkhead = createBulkhead()
  const addressOf = createAuthorizationAddress({ row, clientId, callbackUrl })

  /** Does what may wait for the provider, unless too many do already, within one deadline. */
  const atProvider = <T>(
    work: (call: ProviderCall) => Promise<T>,
    { stop, note = options.note }: { stop?: AbortSignal | undefined; note?: Note | undefined } = {},
  ): Promise<T> =>
    bulkhead(() =>
      withDeadline(
        async (deadline) => {
          const [metadata, secret] = await Promise.all([metadataOf(deadline), secretOf()])
          const registration = { id: clientId, secret, key }
          const ours = { values, registration, callbackUrl }
          return work({ row, metadata, outbound, deadline, jwks, note, ...ours })
        },
        { ms, stop },
      ),
    )

  const { keep, ...tokens } = createTokensAtProvider({
    row,
    storeTokens: options.storeTokens,
    atProvider,
  })

  return {
    row,
    // What a login needs of libraries is loaded now: what cannot be once, for want of files, never is again.
    prepare: async () =>
      void (await Promise.all([metadataOf(), secretOf(), key === null || import('jose')])),
    metadata: () => metadataOf(),
    async start(asked, makeResumable, more = {}) {
      const metadata = await metadataOf()
      const begins = await addressOf(metadata)
      const state = makeResumable(randomToken(16))
      const nonce = randomToken()
      const verifier = metadata.pkce ? randomToken() : null
      const parameters = Object.assign(
        { state },
        verifier === null ? null : { code_challenge: s256(verifier) },
        usesIdToken(row, asked.needsAuthTime) ? { nonce } : null,
        forwardedParameters(row, asked),
        more,
      )
      const url = withMore(begins, parameters)
      return { url, state, nonce, verifier }
    },
    async logout({ redirectUri, state, idToken = null }) {
      const { end_session_endpoint: endSession } = (await metadataOf()).endpoints
      if (endSession === undefined) return null
      return withQuery(endSession, {
        client_id: clientId,
        [row.logoutRedirectParam]: redirectUri,
        state,
        // No address is taken that is much longer.
        ...(idToken === null || idToken.length > MAX_HINT ? {} : { id_token_hint: idToken }),
      })
    },
    finish: (callback, note) =>
      atProvider(
        async (call) => {
          const { state, verifier, formUser, iss, code: given, error, details } = callback
          // Whoever declines is believed: an error that names no issuer signs nobody in.
          if (iss !== undefined || error === undefined) {
            checkCallbackIssuer(row, call.metadata, iss)
          }
          const code = readCallbackAnswer(row, { code: given, error, details })
          // The exchange comes first: some codes live for seconds.
          const tokenResponse = await exchangeCode(call, { code, state, verifier, callbackUrl })
          const claims = await readIdToken(call, tokenResponse, callback)
          const profile = await readProfile(call, { tokenResponse, claims, formUser })
          const issuer = issuerIn(row, claims)
          return {
            profile,
            issuer,
            authTime: authTimeOf(claims),
            tokens: keep(tokenResponse, call.metadata),
          }
        },
        { note },
      ),
    async readNative(presented, note) {
      requireOffered(row, presented.kind)
      const audiences = [clientId, ...options.nativeClientIds]
      return atProvider(
        async (call) => {
          const { profile, claims } = await readNativeToken(call, { ...presented, audiences })
          // The tokens are the app's, not ours.
          return {
            profile,
            issuer: issuerIn(row, claims),
            authTime: authTimeOf(claims),
            tokens: null,
          }
        },
        { note },
      ).catch((error) => {
        throw sortOut(error, presented.kind)
      })
    },
    tokens,
    readEvents: createEventReader({
      row,
      values,
      clientId,
      audiences: [clientId, ...options.nativeClientIds],
      secretOf,
      outbound,
    }),
  }
}
