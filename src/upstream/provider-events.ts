import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { TextSubject } from '../core/identity/profile.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import {
  type EventRequest,
  type ProvenEvents,
  UnprovenEvent,
} from '../core/provider/provider-event.ts'
import type { RowValues } from '../core/provider/row-inputs.ts'
import { hashToken } from '../core/secrets.ts'
import { isSafeEndpoint } from '../core/settings/urls.ts'
import { createJwksSource } from './id-token/jwks.ts'
import { verifyJws } from './id-token/jws.ts'
import { type Deadline, withDeadline } from './outbound/deadline.ts'
import type { Outbound } from './outbound/outbound.ts'
import { invalidAnswer, readJson } from './outbound/read-answer.ts'

/** Reads and verifies what a provider sent; null where the settings lack what verifying needs. */
export type EventReader = (
  request: EventRequest,
  /** The receiving address without the part below it. */
  address: string,
) => Promise<ProvenEvents | null>

/** How often a made-up `kid` can cause a call at most. */
const COOLDOWN_MS = 60_000
/** Providers wait three seconds for an answer. */
const KEYS_MS = 1_500
const FRESH_MS = 60 * 60 * 1000

const Configuration = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isSafeEndpoint) })

/** The reader of one provider's events. */
export function createEventReader(options: {
  row: ProviderRow
  values: RowValues
  clientId: string
  audiences: readonly string[]
  secretOf: () => Promise<string>
  outbound: Outbound
}): EventReader {
  const { row, values, clientId, audiences, secretOf, outbound } = options
  const receiver = row.events
  if (receiver === null) return async () => null
  const keysOf = createJwksSource(outbound, COOLDOWN_MS)
  const configurationOf = createConfigurationSource(row, outbound)

  const whereKeysAre = async (deadline: Deadline) => {
    const { keys } = receiver
    if (keys !== undefined && 'configuration' in keys) {
      return configurationOf(keys.configuration, deadline)
    }
    const url = keys === undefined ? undefined : row.endpoints[keys.jwks]
    if (url === undefined) throw new Error('a receiver without keys verifies no token')
    return { issuer: row.issuer ?? '', url }
  }
  const verify = (token: string) =>
    withDeadline(
      async (deadline) => {
        const { issuer, url } = await whereKeysAre(deadline)
        const find = keysOf(url, deadline)
        const { payload } = await verifyJws(token, { step: 'event', algorithms: ['RS256'], find })
        return { claims: payload, issuer }
      },
      { ms: KEYS_MS },
    ).catch((error) => {
      throw isForged(error)
        ? new UnprovenEvent('invalid_key', 'Its signature cannot be verified.', { cause: error })
        : error
    })

  return async (request, address) => {
    if (!receiver.isOn(request, values)) return null
    const client = { id: clientId, secret: row.clientSecret ? '' : await secretOf() }
    const issuer = row.issuer ?? ''
    const tools = { client, audiences, issuer, values, address, verify }
    return withinBounds(await receiver.read(request, tools))
  }
}

/** An event id that is kept as it is; of others the hash is kept. */
const ID = /^[\x21-\x7e]{1,128}$/

/** Limits what goes to the database: ids of bounded length, and only subjects that can exist. */
function withinBounds({ id, events, ...read }: ProvenEvents): ProvenEvents {
  const isSomebody = ({ subject }: ProvenEvents['events'][number]) =>
    TextSubject.safeParse(typeof subject === 'string' ? subject : subject.prefix).success
  return {
    ...read,
    id: id === null || ID.test(id) ? id : hashToken(id).toString('hex'),
    // An event about nobody of ours is acknowledged like any other.
    events: events.filter(isSomebody),
  }
}

/** Whether the token is at fault, and not the source of the keys. */
const isForged = (error: unknown) =>
  error instanceof LatchkeyError &&
  error.code === 'invalid_provider_response' &&
  error.evidence.step === 'event'

/**
 * The document that names issuer and keys, kept for an hour. A broken document replaces no good
 * one.
 */
function createConfigurationSource(row: ProviderRow, outbound: Outbound) {
  let known: { issuer: string; url: string; at: number } | null = null
  return async (name: string, deadline: Deadline) => {
    if (known !== null && performance.now() - known.at < FRESH_MS) return known
    const answer = await outbound
      .get(row.endpoints[name] ?? '', 'event_configuration', { deadline })
      .catch((error) => {
        if (known === null) throw error
        return null
      })
    if (answer !== null) {
      const read = Configuration.safeParse(readJson(answer, 'event_configuration'))
      if (!read.success) throw invalidAnswer('event_configuration', 'shape', {}, read.error)
      known = { issuer: read.data.issuer, url: read.data.jwks_uri, at: performance.now() }
    }
    return known as { issuer: string; url: string }
  }
}
