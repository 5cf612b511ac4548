import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { ProviderRow } from '../../core/provider/provider.ts'
import { isLoopbackHost, isSafeEndpoint } from '../../core/settings/urls.ts'
import { PUBLIC_KEY_ALGORITHMS } from '../id-token/jws.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'

/**
 * The members of OpenID Provider metadata (OpenID Connect Discovery 1.0, section 3) that are used.
 */
export interface DiscoveryDocument {
  /** By metadata name. */
  endpoints: Readonly<Record<string, string>>
  idTokenAlgorithms: readonly string[] | undefined
  userinfoAlgorithms: readonly string[] | undefined
  clientAuthMethods: readonly string[] | undefined
  /** Algorithms for a client's assertion (`private_key_jwt`). */
  assertionAlgorithms: readonly string[] | undefined
  challengeMethods: readonly string[] | undefined
  responseModes: readonly string[] | undefined
  sendsIssuer: boolean
  /** Names of members that are invalid and treated as absent. */
  ignored: readonly string[]
  /** What the provider requires and Latchkey cannot do. */
  gaps: readonly Gap[]
}

/** Something that a provider requires and Latchkey cannot do, or not with these settings. */
export type Gap =
  | 'signed_by_public_key'
  | 'pushed_authorization_requests'
  | 'signed_request_object'
  | 'response_type_code'
  | 'client_auth'
  | 'private_key'
  | 'private_key_kind'

const OPTIONAL_ENDPOINTS = ['userinfo_endpoint', 'end_session_endpoint', 'revocation_endpoint']

const Text = z.string().min(1)
const Texts = z
  .array(z.unknown())
  .transform((list) => list.filter((one) => typeof one === 'string'))
const YesOrNo = z.boolean()

/**
 * Reads a discovery document leniently: an invalid optional member counts as absent and is named in
 * `ignored`. Throws, with its name, where the issuer or an endpoint that logins need is missing or
 * invalid.
 */
export function readDiscovery(row: ProviderRow, document: unknown): DiscoveryDocument {
  const members = z.record(z.string(), z.unknown()).safeParse(document).data
  if (members === undefined) throw invalidAnswer('discovery', 'not_an_object')
  const issuer = members.issuer
  if (typeof issuer !== 'string' || issuer === '') throw unusable('issuer')
  if (issuer !== row.issuer) {
    const found = /^[\x21-\x7e]{1,200}$/.exec(issuer)?.[0] ?? '?'
    throw invalidAnswer('discovery', 'issuer_mismatch', { found })
  }
  const ignored: string[] = []
  const optional = <T>(name: string, schema: z.ZodType<T>): T | undefined => {
    const value = Object.hasOwn(members, name) ? members[name] : undefined
    if (value === undefined) return undefined
    const read = schema.safeParse(value)
    if (!read.success) ignored.push(name)
    return read.data
  }
  const Endpoint = Text.refine((url) => isEndpointOf(issuer, url))
  const endpoints: Record<string, string> = {}
  for (const name of requiredEndpoints(row)) {
    const url = Endpoint.safeParse(Object.hasOwn(members, name) ? members[name] : undefined)
    if (!url.success) throw unusable(name)
    endpoints[name] = url.data
  }
  for (const name of OPTIONAL_ENDPOINTS) {
    const url = optional(name, Endpoint)
    if (url !== undefined) endpoints[name] = url
  }
  const isOn = (name: string) => optional(name, YesOrNo) === true
  /**
   * An empty list means the same as none (RFC 8414, section 3.2): taken literally, nobody could
   * sign in.
   */
  const listed = (name: string) => {
    const list = optional(name, Texts)
    return list?.length === 0 ? undefined : list
  }
  const idTokenAlgorithms = listed('id_token_signing_alg_values_supported')
  const clientAuthMethods = optional('token_endpoint_auth_methods_supported', Texts)
  const responseTypes = listed('response_types_supported')
  const asks: [Gap, boolean][] = [
    ['pushed_authorization_requests', isOn('require_pushed_authorization_requests')],
    ['signed_request_object', isOn('require_signed_request_object')],
    ['response_type_code', responseTypes?.includes('code') === false],
    [
      'signed_by_public_key',
      row.idTokenAlgorithms === 'metadata' &&
        idTokenAlgorithms?.some((alg) => PUBLIC_KEY_ALGORITHMS.includes(alg)) === false,
    ],
  ]
  return {
    endpoints,
    idTokenAlgorithms,
    userinfoAlgorithms: optional('userinfo_signing_alg_values_supported', Texts),
    clientAuthMethods,
    assertionAlgorithms: optional('token_endpoint_auth_signing_alg_values_supported', Texts),
    challengeMethods: optional('code_challenge_methods_supported', Texts),
    responseModes: optional('response_modes_supported', Texts),
    sendsIssuer: isOn('authorization_response_iss_parameter_supported'),
    ignored,
    gaps: asks.filter(([, isAsked]) => isAsked).map(([gap]) => gap),
  }
}

/** The endpoints that logins need and the settings do not give. */
export function requiredEndpoints(row: ProviderRow): string[] {
  const needed = ['authorization_endpoint', 'token_endpoint']
  if (row.idToken !== 'none') needed.push('jwks_uri')
  return needed.filter((name) => row.endpoints[name] === undefined)
}

/**
 * Whether this issuer may name this endpoint: one on this machine only if the issuer is here, too,
 * and never a link-local one.
 */
function isEndpointOf(issuer: string, url: string): boolean {
  if (!isSafeEndpoint(url)) return false
  const { hostname } = new URL(url)
  return !isNearby(hostname) || (isHere(hostname) && isHere(new URL(issuer).hostname))
}

/**
 * The kind of an IP address (`loopback`, `linkLocal`, …), IPv4 within IPv6 as IPv4; null for a
 * name.
 */
function rangeOf(hostname: string): string | null {
  const host = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(host) ? ipaddr.process(host).range() : null
}

/** Whether a host is this machine, however it is written. */
const isHere = (hostname: string) =>
  isLoopbackHost(hostname) ||
  /(^|\.)localhost\.?$/.test(hostname) ||
  ['loopback', 'unspecified'].includes(rangeOf(hostname) ?? '')

/**
 * Whether a host is this machine, or one that only it can reach, where clouds keep a machine's
 * secrets.
 */
const isNearby = (hostname: string) => isHere(hostname) || rangeOf(hostname) === 'linkLocal'

const unusable = (field: string) => invalidAnswer('discovery', 'shape', { field })
