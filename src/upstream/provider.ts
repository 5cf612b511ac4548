import type { JWTVerifyGetKey } from 'jose'
import { LatchkeyError } from '../core/errors.ts'
import type { KeptGrant, StoreTokens } from '../core/kept-grant.ts'
import type { Profile } from '../core/profile.ts'
import type { Grant, ProviderRow } from '../core/provider.ts'
import type { IdTokenClaims, RowValues } from '../core/row-inputs.ts'
import { randomToken } from '../core/secrets.ts'
import { checkCallbackIssuer } from './callback-issuer.ts'
import { readGrant } from './grant.ts'
import { verifyIdToken } from './id-token.ts'
import { createJwksSource } from './jwks.ts'
import { createMetadataSource, endpoint, type Metadata } from './metadata.ts'
import { createNativeReader, type NativeToken } from './native-token.ts'
import { createOAuth2Client, type OAuth2Client } from './oauth2-client.ts'
import { type CallEnded, invalidAnswer, type Outbound, timed, timedOutbound } from './outbound.ts'
import { createProviderGrants, type ProviderGrants } from './provider-grants.ts'
import { readProfile } from './read-profile.ts'

/** What of the client's request is passed on to the provider where it understands it. */
export type PassedOn = Readonly<
  Partial<Record<'login_hint' | 'prompt' | 'ui_locales', string | undefined>>
>

/** Who has signed in. The key's issuer is empty where it does not vary. */
export interface Who {
  profile: Profile
  issuer: string
  /** What is kept of the tokens, null for nothing. */
  grant: KeptGrant | null
}

/** One enabled provider at work. */
export interface Provider {
  row: ProviderRow
  /** Finds out the endpoints ahead of the first login. */
  prepare(signal: AbortSignal): Promise<void>
  /** Them by metadata name. */
  endpoints(signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** The URL to send the browser to, with what the callback will need; `addMemo` may lengthen the state. */
  start(
    passedOn: PassedOn,
    addMemo: (state: string) => string,
    signal: AbortSignal,
  ): Promise<{ url: URL; state: string; nonce: string; verifier: string | null }>
  /** The URL of the provider's own logout, null where it has none. */
  logout(back: { redirectUri: string; state: string }, signal: AbortSignal): Promise<URL | null>
  /** Throws where `iss` (RFC 9207) says that the callback is of another provider. */
  checkCallbackIssuer(iss: string | undefined, signal: AbortSignal): Promise<void>
  /** Code -> tokens -> ID token -> profile. */
  finish(
    callback: {
      code: string
      state: string
      nonce: string
      verifier: string | null
      /** The `user` parameter of a form_post callback as JSON. */
      formUser: unknown
    },
    signal: AbortSignal,
  ): Promise<Who>
  /** The same from a token of its mobile SDK. Throws `invalid_code` for one that is not good. */
  readNative(shown: NativeToken, signal: AbortSignal): Promise<Who>
  /** The tokens that a login leaves behind. */
  grants: ProviderGrants
}

/** An ID token that comes straight from the token endpoint was made just now. */
const MAX_AGE_SECONDS = 600

/** Logins at one provider that may be waiting for it at once; one that hangs takes nobody with it. */
const MAX_CONCURRENT = 100

/** A provider from its row, our registration there and our callback. */
export function createProvider(options: {
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
  callEnded: CallEnded
}): Provider {
  const { row, clientId, values, callbackUrl, callEnded } = options
  const outbound = timedOutbound(options.outbound, callEnded)
  const secretOf = row.clientSecret?.(clientId, row, values) ?? (async () => options.clientSecret)
  const { issuerOf } = row
  const issuers = issuerOf
    ? (claims: Record<string, unknown>) => issuerOf(claims, row, values)
    : [row.issuer ?? '', ...(row.issuerAliases ?? [])]
  const metadata = createMetadataSource(row, outbound)
  const jwks = createJwksSource(outbound)
  const usesIdToken =
    row.idToken === 'required' || (row.idToken === 'with-openid' && row.scopes.includes('openid'))
  let client: { of: Metadata; secret: string; ready: Promise<OAuth2Client> } | null = null
  let underWay = 0

  const oauth2 = async (of: Metadata): Promise<OAuth2Client> => {
    const secret = await secretOf()
    if (client?.of !== of || client.secret !== secret) {
      const ready = createOAuth2Client({
        clientId,
        clientSecret: secret,
        callbackUrl,
        authorizationEndpoint: endpoint(of, 'authorization_endpoint'),
        tokenEndpoint: endpoint(of, 'token_endpoint'),
        scopes: row.scopes,
        scopeSeparator: row.scopeSeparator,
        clientAuth: of.clientAuth,
        pkce: of.pkce,
        stateAtTokenEndpoint: row.stateAtTokenEndpoint,
      })
      client = { of, secret, ready }
    }
    return client.ready
  }

  async function readClaims(grant: Grant, of: Metadata, nonce: string, signal: AbortSignal) {
    if (!usesIdToken) return null
    if (grant.idToken === null) {
      if (row.idToken === 'required') throw invalidAnswer('id_token', 'missing')
      return null
    }
    return verifyIdToken(grant.idToken, {
      issuers,
      audiences: [clientId],
      algorithms: of.idTokenAlgorithms,
      maxAgeSeconds: MAX_AGE_SECONDS,
      nonces: [nonce],
      nonceOptional: row.nonceOptional,
      accessToken: grant.accessToken,
      keys: await keysFor(of, signal),
    })
  }

  const publishedKeys = (of: Metadata, signal: AbortSignal) =>
    jwks(endpoint(of, 'jwks_uri'), signal)
  const registration = async () => ({ id: clientId, secret: await secretOf() })
  const grants = createProviderGrants({
    ...{ row, metadata, outbound },
    storeTokens: options.storeTokens,
    client: registration,
  })
  const readNativeToken = createNativeReader({
    ...{ row, values, issuers, metadata, outbound },
    audiences: [clientId, ...options.nativeClientIds],
    keys: publishedKeys,
    client: registration,
  })
  const issuerIn = (claims: IdTokenClaims | null) =>
    row.issuerVaries ? (claims?.iss ?? row.issuer ?? '') : ''

  /** Does what may wait for the provider, unless too many do already. */
  async function atProvider<T>(work: () => Promise<T>): Promise<T> {
    if (underWay >= MAX_CONCURRENT) {
      throw new LatchkeyError(
        'temporarily_unavailable',
        'Too many logins are waiting for this provider. Please try again in a moment.',
        { evidence: { reason: 'provider_overload' }, retryAfterSeconds: 5 },
      )
    }
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }

  async function keysFor(of: Metadata, signal: AbortSignal): Promise<JWTVerifyGetKey> {
    const published = publishedKeys(of, signal)
    if (!row.idTokenAlgorithms.includes('HS256')) return published
    // The algorithm chooses between two keys of different kinds, never how one key is used.
    const secret = new TextEncoder().encode(await secretOf())
    return async (header, token) => (header?.alg === 'HS256' ? secret : published(header, token))
  }

  return {
    row,
    async prepare(signal) {
      await oauth2(await metadata(signal))
    },
    endpoints: async (signal) => (await metadata(signal)).endpoints,
    async start(passedOn, addMemo, signal) {
      const { url, verifier, ...made } = await (await oauth2(await metadata(signal))).start()
      const state = addMemo(made.state)
      const nonce = randomToken()
      url.searchParams.set('state', state)
      if (row.scopes.length === 0) url.searchParams.delete('scope')
      for (const [name, value] of Object.entries(row.authorizationParams)) {
        url.searchParams.set(name, value)
      }
      if (usesIdToken) url.searchParams.set('nonce', nonce)
      for (const [ours, theirs] of Object.entries(row.passedOn)) {
        const value = passedOn[ours as keyof PassedOn]
        if (value !== undefined) url.searchParams.set(theirs, value)
      }
      // A space as %20, which everybody reads; `+` is not read by all.
      url.search = url.search.replaceAll('+', '%20')
      return { url, state, nonce, verifier }
    },
    async logout({ redirectUri, state }, signal) {
      const { end_session_endpoint: endSession } = (await metadata(signal)).endpoints
      if (endSession === undefined) return null
      const url = new URL(endSession)
      url.searchParams.set('client_id', clientId)
      url.searchParams.set(row.logoutRedirectParam, redirectUri)
      url.searchParams.set('state', state)
      return url
    },
    async checkCallbackIssuer(iss, signal) {
      checkCallbackIssuer(row, await metadata(signal), iss)
    },
    finish: ({ code, state, nonce, verifier, formUser }, signal) =>
      atProvider(async () => {
        const of = await metadata(signal)
        // The exchange comes first: some codes live for seconds.
        const client = await oauth2(of)
        const { status, document } = await timed('token', callEnded, () =>
          client.exchange({ code, state, verifier, signal }),
        )
        const grant = readGrant(row, status, document)
        const claims = await readClaims(grant, of, nonce, signal)
        const profile = await readProfile({
          ...{ row, of, grant, claims, formUser, outbound, signal },
          client: await registration(),
        })
        return { profile, issuer: issuerIn(claims), grant: grants.keep(grant, of) }
      }),
    readNative: (shown, signal) =>
      atProvider(async () => {
        const { profile, claims } = await readNativeToken(shown, signal)
        // The tokens are the app's, not ours.
        return { profile, issuer: issuerIn(claims), grant: null }
      }),
    grants: {
      ...grants,
      refresh: (grant, signal) => atProvider(() => grants.refresh(grant, signal)),
      revoke: (grant, subject, signal) => atProvider(() => grants.revoke(grant, subject, signal)),
    },
  }
}
