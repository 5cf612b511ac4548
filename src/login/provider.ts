import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { type Profile, toProfile } from '../core/profile.ts'
import type { Grant, IdTokenClaims, ProviderRow } from '../core/provider.ts'
import { randomToken } from '../core/secrets.ts'
import { invalidAnswer, type Outbound, readJson } from '../http/outbound.ts'
import { readGrant } from './grant.ts'
import { verifyIdToken } from './id-token.ts'
import { createJwksSource } from './jwks.ts'
import { createMetadataSource, type Metadata } from './metadata.ts'
import { createOAuth2Client, type OAuth2Client } from './oauth2-client.ts'

/** What of the client's request is passed on to the provider where it understands it. */
export type PassedOn = Readonly<
  Partial<Record<'login_hint' | 'prompt' | 'ui_locales', string | undefined>>
>

/** One enabled provider at work. */
export interface Provider {
  row: ProviderRow
  /** Finds out the endpoints ahead of the first login. */
  prepare(signal: AbortSignal): Promise<void>
  /** The URL to send the browser to, with what the callback will need. */
  start(
    passedOn: PassedOn,
    signal: AbortSignal,
  ): Promise<{ url: URL; state: string; nonce: string; verifier: string | null }>
  /** Throws where `iss` (RFC 9207) says that the callback is of another provider. */
  checkCallbackIssuer(iss: string | undefined, signal: AbortSignal): Promise<void>
  /** Code -> tokens -> ID token -> profile. The key's issuer is empty where it does not vary. */
  finish(
    callback: { code: string; state: string; nonce: string; verifier: string | null },
    signal: AbortSignal,
  ): Promise<{ profile: Profile; issuer: string }>
}

/** Logins at one provider that may be waiting for it at once; one that hangs takes nobody with it. */
const MAX_CONCURRENT = 100

/** A provider from its row, our registration there and our callback. */
export function createProvider(options: {
  row: ProviderRow
  clientId: string
  clientSecret: string
  callbackUrl: string
  outbound: Outbound
}): Provider {
  const { row, clientId, clientSecret, callbackUrl, outbound } = options
  const metadata = createMetadataSource(row, outbound)
  const jwks = createJwksSource(outbound)
  const usesIdToken =
    row.idToken === 'required' || (row.idToken === 'with-openid' && row.scopes.includes('openid'))
  let client: { of: Metadata; ready: Promise<OAuth2Client> } | null = null
  let underWay = 0

  const oauth2 = (of: Metadata): Promise<OAuth2Client> => {
    if (client?.of !== of) {
      const ready = createOAuth2Client({
        clientId,
        clientSecret,
        callbackUrl,
        authorizationEndpoint: endpoint(of, 'authorization_endpoint'),
        tokenEndpoint: endpoint(of, 'token_endpoint'),
        scopes: row.scopes,
        scopeSeparator: row.scopeSeparator,
        clientAuth: of.clientAuth,
        pkce: of.pkce,
      })
      client = { of, ready }
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
      issuers: [row.issuer ?? '', ...(row.issuerAliases ?? [])],
      clientId,
      algorithms: of.idTokenAlgorithms,
      nonce,
      accessToken: grant.accessToken,
      keys: jwks(endpoint(of, 'jwks_uri'), signal),
    })
  }

  async function readProfile(
    grant: Grant,
    of: Metadata,
    claims: IdTokenClaims | null,
    signal: AbortSignal,
  ): Promise<Profile> {
    try {
      const read = await row.readProfile({
        grant,
        claims,
        has: (name) => of.endpoints[name] !== undefined,
        async get(name, { params = {}, absentOn = [] } = {}) {
          const url = new URL(endpoint(of, name))
          for (const [key, value] of Object.entries(params)) url.searchParams.set(key, value)
          const step = name.replace('_endpoint', '')
          const answer = await outbound.get(url.href, step, {
            signal,
            headers: { authorization: `Bearer ${grant.accessToken}` },
          })
          return absentOn.includes(answer.status) ? null : readJson(answer, step)
        },
      })
      const profile = toProfile(read)
      if (claims !== null && profile.subject !== claims.sub) {
        throw invalidAnswer('userinfo', 'subject_mismatch')
      }
      return profile
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error
      const [issue] = error.issues
      throw invalidAnswer('profile', 'shape', { field: issue?.path.join('.') ?? '' })
    }
  }

  return {
    row,
    async prepare(signal) {
      await oauth2(await metadata(signal))
    },
    async start(passedOn, signal) {
      const { url, state, verifier } = await (await oauth2(await metadata(signal))).start()
      const nonce = randomToken()
      for (const [name, value] of Object.entries(row.authorizationParams)) {
        url.searchParams.set(name, value)
      }
      if (usesIdToken) url.searchParams.set('nonce', nonce)
      for (const [ours, theirs] of Object.entries(row.passedOn)) {
        const value = passedOn[ours as keyof PassedOn]
        if (value !== undefined) url.searchParams.set(theirs, value)
      }
      return { url, state, nonce, verifier }
    },
    async checkCallbackIssuer(iss, signal) {
      const of = await metadata(signal)
      const accepted = [
        row.callbackIssuer ?? row.issuer,
        row.callbackIssuer && authorizationBase(of),
      ]
      const known = accepted.filter((value) => value !== undefined)
      const matches = iss === undefined ? !of.callbackIssuerRequired : known.includes(iss)
      if (known.length > 0 && !matches) {
        throw new LatchkeyError(
          'invalid_state',
          'This answer is not from the provider that was asked.',
          {
            evidence: { reason: iss === undefined ? 'iss_missing' : 'iss_mismatch' },
          },
        )
      }
    },
    async finish({ code, state, nonce, verifier }, signal) {
      if (underWay >= MAX_CONCURRENT) {
        throw new LatchkeyError(
          'temporarily_unavailable',
          'Too many logins are waiting for this provider. Please try again in a moment.',
          { evidence: { reason: 'provider_overload' }, retryAfterSeconds: 5 },
        )
      }
      underWay += 1
      try {
        const of = await metadata(signal)
        // The exchange comes first: some codes live for seconds.
        const { status, document } = await (await oauth2(of)).exchange({
          code,
          state,
          verifier,
          signal,
        })
        const grant = readGrant(row, status, document)
        const claims = await readClaims(grant, of, nonce, signal)
        const profile = await readProfile(grant, of, claims, signal)
        return { profile, issuer: row.issuerVaries ? (claims?.iss ?? row.issuer ?? '') : '' }
      } finally {
        underWay -= 1
      }
    },
  }
}

function endpoint(of: Metadata, name: string): string {
  const url = of.endpoints[name]
  if (url === undefined) throw invalidAnswer('discovery', 'endpoint_missing', { endpoint: name })
  return url
}

/** What a server that is not OpenID's names itself in callbacks: its authorization endpoint's parent. */
const authorizationBase = (of: Metadata) =>
  of.endpoints.authorization_endpoint?.replace(/\/authorize$/, '')
