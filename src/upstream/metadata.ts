import { z } from 'zod'
import type { ProviderRow } from '../core/provider.ts'
import { isSafeEndpoint } from '../core/urls.ts'
import { untilAborted, withDeadline } from './deadline.ts'
import { PUBLIC_KEY_ALGORITHMS } from './jws.ts'
import type { Outbound } from './outbound.ts'
import { invalidAnswer, readJson } from './read-answer.ts'

/** What of a provider's behaviour is known once its metadata is. */
export interface Metadata {
  /** By metadata name; the settings' values first, then the row's, then what the provider advertises. */
  endpoints: Readonly<Record<string, string>>
  idTokenAlgorithms: readonly string[]
  clientAuth: 'client_secret_post' | 'client_secret_basic'
  pkce: boolean
  /** Whether every callback must carry `iss` (RFC 9207, section 2.4). */
  callbackIssuerRequired: boolean
}

const Endpoint = z.string().refine(isSafeEndpoint, 'not an https URL')

/** OpenID Provider metadata (OpenID Connect Discovery 1.0, section 3), as far as it is used. */
const Discovered = z.object({
  issuer: z.string(),
  authorization_endpoint: Endpoint,
  token_endpoint: Endpoint,
  jwks_uri: Endpoint,
  userinfo_endpoint: Endpoint.optional(),
  end_session_endpoint: Endpoint.optional(),
  revocation_endpoint: Endpoint.optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})
type Discovered = z.infer<typeof Discovered>

const FRESH_MS = 60 * 60 * 1000

/**
 * Where a provider's endpoints are. They are looked up when they are first needed, kept for an hour
 * and then renewed beside the logins; a provider that is down is asked again by the next login.
 */
export function createMetadataSource(
  row: ProviderRow,
  outbound: Outbound,
): (signal: AbortSignal) => Promise<Metadata> {
  const needed = ['authorization_endpoint', 'token_endpoint']
  if (row.idToken !== 'none') needed.push('jwks_uri')
  if (!row.discovery || needed.every((name) => row.endpoints[name] !== undefined)) {
    const known = toMetadata(row, null)
    return async () => known
  }
  let cached: { metadata: Metadata; at: number } | null = null
  let underWay: Promise<Metadata> | null = null
  const renew = () => {
    // One request for all who wait, so it has its own time limit and not that of the first of them.
    underWay ??= withDeadline((signal) => discover(row, outbound, signal))
      .then((metadata) => {
        cached = { metadata, at: Date.now() }
        return metadata
      })
      .finally(() => {
        underWay = null
      })
    return underWay
  }
  return async (signal) => {
    if (cached === null) return untilAborted(renew(), signal)
    if (Date.now() - cached.at > FRESH_MS) renew().catch(() => {})
    return cached.metadata
  }
}

async function discover(
  row: ProviderRow,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<Metadata> {
  const issuer = row.issuer ?? ''
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = readJson(await outbound.get(url, 'discovery', { signal }), 'discovery')
  const read = Discovered.safeParse(document)
  if (!read.success) throw invalidAnswer('discovery', 'shape', {}, read.error)
  if (read.data.issuer !== issuer) {
    const found = /^[\x21-\x7e]{1,200}$/.exec(read.data.issuer)?.[0] ?? '?'
    throw invalidAnswer('discovery', 'issuer_mismatch', { found })
  }
  return toMetadata(row, read.data)
}

function toMetadata(row: ProviderRow, found: Discovered | null): Metadata {
  const advertised = Object.fromEntries(
    Object.entries(found ?? {}).filter(
      ([name, value]) => typeof value === 'string' && name !== 'issuer',
    ),
  ) as Record<string, string>
  // Absent means RS256, and `client_secret_basic` (Discovery, section 3).
  const algorithms = found?.id_token_signing_alg_values_supported ?? ['RS256']
  const methods = found?.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const challenges = found?.code_challenge_methods_supported
  return {
    endpoints: { ...advertised, ...row.endpoints },
    idTokenAlgorithms:
      row.idTokenAlgorithms === 'metadata'
        ? algorithms.filter((alg) => PUBLIC_KEY_ALGORITHMS.includes(alg))
        : row.idTokenAlgorithms,
    clientAuth:
      row.clientAuth === 'metadata'
        ? methods.includes('client_secret_post')
          ? 'client_secret_post'
          : 'client_secret_basic'
        : row.clientAuth,
    pkce: row.pkce && (challenges === undefined || challenges.includes('S256')),
    callbackIssuerRequired: found?.authorization_response_iss_parameter_supported === true,
  }
}

/** An endpoint that must be known by now. */
export function endpoint(of: Metadata, name: string): string {
  const url = of.endpoints[name]
  if (url === undefined) throw invalidAnswer('discovery', 'endpoint_missing', { endpoint: name })
  return url
}
