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

/** A provider's endpoints and abilities, as far as its metadata tells them. */
export interface Metadata {
  /**
   * By metadata name: from the settings first, then the row, then the provider's discovery
   * document.
   */
  endpoints: Readonly<Record<string, string>>
  idTokenAlgorithms: readonly string[]
  /** The algorithms of a signed userinfo answer. */
  userinfoAlgorithms: readonly string[]
  clientAuth: ClientAuthMethod
  /** The algorithm of our assertion, where a private key is used in place of the secret. */
  assertionAlgorithm?: string | undefined
  pkce: boolean
  /**
   * Whether the callback comes as a form_post, because the provider offers no redirect with a
   * query.
   */
  formPost: boolean
  /** Whether every callback must carry `iss` (RFC 9207, section 2.4). */
  callbackIssuerRequired: boolean
  /** What the provider requires and Latchkey cannot do, or not with these settings. */
  gaps: readonly Gap[]
  /** Names of invalid members of its discovery document. */
  ignored: readonly string[]
}

const FRESH_MS = 60 * 60 * 1000
/** The least time between two attempts to renew the metadata. */
const RENEW_MS = 60_000

/** What reading metadata needs. */
export interface MetadataOptions {
  row: ProviderRow
  /** Our private key in place of the secret, null where there is none. */
  key: ClientKey | null
  outbound: Outbound
  /** How long fetching the discovery document may take, in milliseconds. Default: ten seconds. */
  ms?: number | undefined
  note: Note
}

/**
 * Finds a provider's endpoints. They are looked up when first needed, kept for an hour, and then
 * renewed while logins continue with the old ones. After a failure the next login tries again.
 * Without a deadline of the caller, the look-up has one of its own.
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
    // One request serves all who wait, so it has its own time limit and not that of the first of
    // them.
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
    // The provider may list several, and sign with the one that our registration chose.
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

/**
 * Whether the provider can only answer by form_post. No list of modes means `query` (Discovery,
 * section 3).
 */
const isFormOnly = (modes: readonly string[] = ['query']) =>
  modes.includes('form_post') && !modes.includes('query')

/**
 * How we authenticate: a method that the provider lists and we can do; if there is none, the usual
 * one.
 */
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

/** The name of a call in the log: `token` for `token_endpoint`. */
export const stepOf = (name: string): string => name.replace('_endpoint', '')
