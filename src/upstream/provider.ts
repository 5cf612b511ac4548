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

/** Who has signed in. The key's issuer is empty for providers with a single issuer. */
export interface Authentication {
  profile: Profile
  issuer: string
  /**
   * When the person authenticated, as the provider signed it, in seconds since 1970; null where it
   * did not.
   */
  authTime: number | null
  /** The tokens to store, null for none. */
  tokens: ProviderTokens | null
}

/** A logout at the provider (OpenID Connect RP-Initiated Logout 1.0, section 2). */
export interface LogoutRequest {
  redirectUri: string
  state: string
  /**
   * The provider's own ID token, so that it need not ask whom to sign out; null where none is kept.
   */
  idToken?: string | null
}

/** The longest ID token that is put into a URL, in characters. */
const MAX_HINT = 4096

/** An enabled provider. Each method takes at most `outboundMs`. */
export interface Provider {
  row: ProviderRow
  /** Reads its metadata and loads libraries before the first login. */
  prepare(): Promise<void>
  /** Its endpoints, and what it requires that cannot be done. */
  metadata(): Promise<Metadata>
  /**
   * The URL to send the browser to, and what the callback will need. `makeResumable` may lengthen
   * the state.
   */
  start(
    asked: ForwardedParams & { needsAuthTime?: boolean },
    makeResumable: (state: string) => string,
    more?: Readonly<Record<string, string>>,
  ): Promise<{ url: string; state: string; nonce: string; verifier: string | null }>
  /** The URL of the provider's own logout, null where it has none. */
  logout(back: LogoutRequest): Promise<string | null>
  /**
   * Finishes a login: code -> tokens -> ID token -> profile. Throws for a refusal, and for an
   * answer of another provider.
   */
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
  /** Reads a token of its mobile SDK -> profile. Throws `invalid_code` for an invalid one. */
  readNative(presented: NativeToken, note?: Note): Promise<Authentication>
  /** What can be done with the tokens that a login stores. */
  tokens: TokensAtProvider
  /** Reads the events that it sends. */
  readEvents: EventReader
}

/** What a provider is made from. */
export interface ProviderOptions {
  row: ProviderRow
  clientId: string
  clientSecret: string
  /** The values of the row's own settings. */
  values: RowValues
  /** Further client ids that native ID tokens may be for. */
  nativeClientIds: readonly string[]
  storeTokens: StoreTokens
  callbackUrl: string
  outbound: Outbound
  /** Milliseconds; ten seconds by default. */
  outboundMs?: number | undefined
  callEnded: CallEnded
  tracer?: Tracer
  /** Logs what an operator should know although logins succeed. */
  note: Note
}

/** Creates a provider from its row, our registration there and our callback. */
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

  /**
   * Runs work that waits for the provider under one deadline, unless too much of it is waiting
   * already.
   */
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
    // Libraries that logins need are loaded now: an import that fails once, for want of file
    // descriptors, fails for ever.
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
        // Servers accept no address that is much longer.
        ...(idToken === null || idToken.length > MAX_HINT ? {} : { id_token_hint: idToken }),
      })
    },
    finish: (callback, note) =>
      atProvider(
        async (call) => {
          const { state, verifier, formUser, iss, code: given, error, details } = callback
          // An error without an issuer is believed: it signs nobody in.
          if (iss !== undefined || error === undefined) {
            checkCallbackIssuer(row, call.metadata, iss)
          }
          const code = readCallbackAnswer(row, { code: given, error, details })
          // The exchange comes first, since some codes live for seconds.
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
          // These tokens belong to the mobile app and are not stored.
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
