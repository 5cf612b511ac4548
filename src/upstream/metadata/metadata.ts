import type { Note } from '../../core/note.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import type { ClientKey } from '../../core/provider/row-inputs.ts'
import { evidenceOf } from '../../http/log/logging.ts'
import { assertionAlgorithm, type ClientAuthMethod } from '../exchange/client-auth.ts'
import { PUBLIC_KEY_ALGORITHMS } from '../id-token/jws.ts'
import { type Deadline, untilOver, withDeadline } from '../outbound/deadline.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { invalidAnswer, readJson } from '../outbound/read-answer.ts'
import { type DiscoveryDocument, type Gap, readDiscovery, requiredEndpoints } from './discovery.ts'

/** What of a provider's behaviour is known once its metadata is. */
export interface Metadata {
  /** By metadata name; the settings' values first, then the row's, then what the provider advertises. */
  endpoints: Readonly<Record<string, string>>
  idTokenAlgorithms: readonly string[]
  /** Of userinfo, where that is signed. */
  userinfoAlgorithms: readonly string[]
  clientAuth: ClientAuthMethod
  /** What our assertion is signed with, where a key stands for the secret. */
  assertionAlgorithm?: string | undefined
  pkce: boolean
  /** Whether it is asked for its callback as a cross-site POST, since it offers no redirect with a query. */
  formPost: boolean
  /** Whether every callback must carry `iss` (RFC 9207, section 2.4). */
  callbackIssuerRequired: boolean
  /** What the provider asks for that cannot be done here, or not as it is set. */
  gaps: readonly Gap[]
  /** Members of its discovery document that cannot be used. */
  ignored: readonly string[]
}

const FRESH_MS = 60 * 60 * 1000
/** Between two attempts to renew one. */
const RENEW_MS = 60_000

/** What metadata is read for. */
export interface MetadataOptions {
  row: ProviderRow
  /** The key that stands for the secret, null where there is none. */
  key: ClientKey | null
  outbound: Outbound
  /** How long a discovery document may take. Default: ten seconds. */
  ms?: number | undefined
  note: Note
}

/**
 * Where a provider's endpoints are. They are looked up when they are first needed, kept for an hour
 * and then renewed beside the logins; a provider that is down is asked again by the next login. Without a
 * deadline they have one of their own.
 */
export function createMetadataSource(
  options: MetadataOptions,
): (deadline?: Deadline) => Promise<Metadata> {
  const { row, key } = options
  if (!row.discovery || requiredEndpoints(row).length === 0) {
    const known = toMetadata(row, key, null)
    return async () => known
  }
  let cached: { metadata: Metadata; at: number } | null = null
  let underWay: Promise<Metadata> | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  const renew = () => {
    // One request for all who wait, so it has its own time limit and not that of the first of them.
    underWay ??= withDeadline((deadline) => discover(options, deadline), { ms: options.ms })
      .then((metadata) => {
        cached = { metadata, at: performance.now() }
        return metadata
      })
      .finally(() => {
        underWay = null
      })
    return underWay
  }
  return async (deadline) => {
    if (cached === null) return deadline === undefined ? renew() : untilOver(renew(), deadline)
    const now = performance.now()
    if (now - cached.at > FRESH_MS && now - triedAt > RENEW_MS) {
      triedAt = now
      renew().catch((error) => options.note('discovery_stale', evidenceOf(error)))
    }
    return cached.metadata
  }
}

async function discover(
  { row, key, outbound, note }: MetadataOptions,
  deadline: Deadline,
): Promise<Metadata> {
  const url = `${(row.issuer ?? '').replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await outbound.get(url, 'discovery', { deadline })
  const found = readDiscovery(row, readJson(answer, 'discovery'))
  const metadata = toMetadata(row, key, found)
  if (found.ignored.length > 0) note('discovery_ignored', { members: found.ignored.join(', ') })
  if (metadata.gaps.length > 0) note('provider_asks_more', { asks: metadata.gaps.join(', ') })
  return metadata
}

function toMetadata(
  row: ProviderRow,
  key: ClientKey | null,
  found: DiscoveryDocument | null,
): Metadata {
  // Absent means RS256, and `client_secret_basic` (Discovery, section 3).
  const algorithms = found?.idTokenAlgorithms ?? ['RS256']
  const methods = found?.clientAuthMethods ?? ['client_secret_basic']
  const idTokenAlgorithms =
    row.idTokenAlgorithms === 'metadata' ? algorithms.filter(isPublicKeyed) : row.idTokenAlgorithms
  const algorithm = key === null ? undefined : assertionAlgorithm(key, found?.assertionAlgorithms)
  const { clientAuth, gap } =
    row.clientAuth === 'metadata'
      ? choose(methods, key, algorithm)
      : { clientAuth: row.clientAuth, gap: undefined }
  return {
    endpoints: { ...found?.endpoints, ...row.endpoints },
    idTokenAlgorithms,
    // It may list several and sign with the one that the client was registered with.
    userinfoAlgorithms: [
      ...idTokenAlgorithms,
      ...(found?.userinfoAlgorithms?.filter(isPublicKeyed) ?? []),
    ],
    clientAuth,
    assertionAlgorithm: algorithm,
    pkce: row.pkce && (found?.challengeMethods?.includes('S256') ?? true),
    formPost: row.formPost || isFormOnly(found?.responseModes),
    callbackIssuerRequired: found?.sendsIssuer ?? false,
    ignored: found?.ignored ?? [],
    gaps: [...(found?.gaps ?? []), ...(gap === undefined ? [] : [gap])],
  }
}

const isPublicKeyed = (alg: string) => PUBLIC_KEY_ALGORITHMS.includes(alg)

/** Who lists no modes has `query` (Discovery, section 3). */
const isFormOnly = (modes: readonly string[] = ['query']) =>
  modes.includes('form_post') && !modes.includes('query')

/** The way to prove who we are, of those that the provider lists; where it lists none of ours, the usual one. */
function choose(
  methods: readonly string[],
  key: ClientKey | null,
  algorithm: string | undefined,
): { clientAuth: ClientAuthMethod; gap: Gap | undefined } {
  const known = (clientAuth: ClientAuthMethod) => ({ clientAuth, gap: undefined })
  if (key !== null) {
    const gap = algorithm === undefined ? 'private_key_kind' : undefined
    return { clientAuth: 'private_key_jwt', gap }
  }
  if (methods.includes('client_secret_post')) return known('client_secret_post')
  const usual = 'client_secret_basic'
  if (methods.length === 0 || methods.includes(usual)) return known(usual)
  const gap = methods.includes('private_key_jwt') ? 'private_key' : 'client_auth'
  return { clientAuth: usual, gap }
}

/** An endpoint that must be known by now. */
export function endpoint({ endpoints }: Metadata, name: string): string {
  const url = endpoints[name]
  if (url === undefined) throw invalidAnswer('discovery', 'endpoint_missing', { endpoint: name })
  return url
}

/** What the log calls the call to an endpoint: `token` for `token_endpoint`. */
export const stepOf = (name: string): string => name.replace('_endpoint', '')
