import { z } from 'zod'
import {
  type EventTools,
  type ProvenEvents,
  type ProviderEvent,
  type ProviderEventKind,
  UnprovenEvent,
} from '../../core/provider/provider-event.ts'
import { ensure, ensureMade, momentOf, tokenId } from './proofs.ts'

/** What a kind of event that is about tokens begins with. */
export const OAUTH = 'https://schemas.openid.net/secevent/oauth/event-type'
/** What a kind of event that is about an account begins with (OpenID RISC Profile, section 2). */
export const RISC = 'https://schemas.openid.net/secevent/risc/event-type'

/** Null is how some write what they leave out. */
const text = z.string().nullish()

const Subject = z.looseObject({ iss: text, sub: text }).nullish()

/** An event of a kind that is acted on; those of other kinds may have any form. */
const Event = z.looseObject({ subject: Subject })

const Claims = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.number(),
  jti: text,
  toe: z.number().nullish(),
  sub: text,
  sub_id: Subject,
  events: z.record(z.string(), z.unknown()),
})

/** An issuer as it is compared: Google writes its own with a slash, without one, or without a scheme. The key is checked by then. */
const bare = (issuer: string) => issuer.replace(/^https:\/\//, '').replace(/\/$/, '')

const noSet = (cause?: unknown) =>
  new UnprovenEvent('invalid_request', 'It is no security event token.', { cause })

/** The answer to a SET that was taken (RFC 8935, section 2.2). */
const TAKEN = { status: 202 }

/** The answer to one that was not (RFC 8935, section 2.3). */
export const refuseSet = (refusal: UnprovenEvent) => ({
  status: 400,
  type: 'application/json',
  body: JSON.stringify({ err: refusal.reason, description: refusal.message }),
})

/**
 * Reads a security event token (RFC 8417). The person stands in the event (`subject`), beside it
 * (`sub_id`, `sub`), or in both: then it must be the same. Only kinds that are listed do anything.
 */
export async function readSet(
  token: string,
  tools: EventTools,
  options: {
    audiences: readonly string[]
    kinds: Readonly<Record<string, ProviderEventKind>>
    /** What the event's reason makes of its kind. */
    refine?: (kind: ProviderEventKind, event: Record<string, unknown>) => ProviderEventKind
  },
): Promise<ProvenEvents> {
  // What does not look like a signed token is not reported as wrongly signed.
  if (!/^[\w-]+(\.[\w-]+){2}$/.test(token.trim())) throw noSet()
  const { claims: given, issuer } = await tools.verify(token.trim())
  const read = Claims.safeParse(given)
  if (!read.success) throw noSet(read.error)
  const claims = read.data
  ensure(bare(claims.iss) === bare(issuer), 'invalid_issuer', 'Its issuer is wrong.')
  const named = [claims.aud].flat()
  const isForUs = named.some((one) => options.audiences.includes(one))
  const names = named.join(' ').slice(0, 200)
  ensure(isForUs, 'invalid_audience', `It is for another app: ${names}`)
  ensureMade(claims.iat)
  const events: ProviderEvent[] = []
  const ignored: string[] = []
  const isGiven = (one: string | null | undefined) => typeof one === 'string'
  for (const [uri, member] of Object.entries(claims.events)) {
    const kind = Object.hasOwn(options.kinds, uri) ? options.kinds[uri] : undefined
    const told = uri.slice(uri.lastIndexOf('/') + 1)
    if (kind === undefined) {
      ignored.push(told)
      continue
    }
    const event = Event.safeParse(member)
    if (!event.success) throw noSet(event.error)
    const { subject } = event.data
    const said = [subject?.sub, claims.sub_id?.sub, claims.sub].filter(isGiven)
    const issuers = [subject?.iss, claims.sub_id?.iss].filter(isGiven)
    const [sub] = said
    const isOne = said.every((one) => one === sub)
    const isOurs = (one: string) => [issuer, tools.issuer].map(bare).includes(bare(one))
    if (sub === undefined || !isOne || !issuers.every(isOurs)) {
      throw new UnprovenEvent('invalid_request', 'It does not name one person.')
    }
    events.push({ kind: options.refine?.(kind, event.data) ?? kind, subject: sub, told })
  }
  const at = momentOf(claims.toe ?? claims.iat)
  const id = tokenId(claims.jti, token.trim())
  return { events, ignored: ignored.join(), id, at, answer: TAKEN }
}
