import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Answer, endpoint, formOf, isForm, isOtherSite, jsonOf } from '../http.ts'
import { eventsPage, eventsPath, sentPage } from '../pages/events-page.ts'
import { speakerOf } from '../pages/language.ts'
import { personas } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { createCourier, type Delivery, type Wanted } from './deliver.ts'
import { isVariant, type PlayedEvents, variants } from './event.ts'

const MONTH_SECONDS = 31 * 86_400

/**
 * The control route: `POST /<provider>/emulator/events`, form or JSON, makes the provider tell the
 * app of an event, as the buttons of the page do (a browser gets a page, at `GET` and `POST`).
 *
 * - `kind`: one of the provider's kinds (`GET` on the same path lists them as JSON), default the first.
 * - `persona`: whom it is about, default the first.
 * - `variant`: `forged`, `unknown_key` (where keys are published), `other_app`, `replayed` (the last
 *   one of this kind and persona again, byte for byte; 409 where none was sent) or `late` (31 days).
 * - `age`: seconds since it happened, in place of those 31 days.
 *
 * Answer: `{"kind","persona","variant","sent":{"method","url","headers","body"},"answer":{"status",
 * "headers","body"},"accepted"}`; `accepted` is whether the provider takes that answer as received,
 * `answer` is null and `failure` says why where the app did not answer in the provider's time.
 */
export function addControl(app: FastifyInstance, played: PlayedProvider, stage: Stage): void {
  const { events } = played
  if (events === undefined) return
  const courier = createCourier(played, events, stage)
  endpoint(app, ['GET', 'POST'], eventsPath, async (request) => {
    const isBrowser = request.headers.accept?.includes('text/html') === true
    const speaker = speakerOf(request)
    if (request.method === 'GET') {
      if (isBrowser) return eventsPage(played, speaker)
      return { status: 200, body: { kinds: Object.keys(events.kinds), variants } }
    }
    if (isOtherSite(request)) return refusal(403, 'Only from the emulator’s own page.')
    const wanted = wantedOf(request, events)
    if (typeof wanted === 'string') return refusal(400, wanted)
    const delivery = await courier.deliver(wanted)
    return isBrowser ? sentPage(played, wanted, delivery, speaker) : report(wanted, delivery)
  })
}

function report({ kind, persona, variant }: Wanted, delivery: Delivery | null): Answer {
  if (delivery === null) return refusal(409, 'No such event was sent yet.')
  return { status: 200, body: { kind, persona: persona.id, variant, ...delivery } }
}

/** What is asked for, or what is wrong with it. */
function wantedOf(request: FastifyRequest, events: PlayedEvents): Wanted | string {
  const given = (isForm(request) ? formOf(request) : jsonOf(request)) as Record<string, unknown>
  const text = (name: string) => {
    const value = given?.[name]
    return value === undefined || value === '' ? undefined : String(value)
  }
  const kind = text('kind') ?? Object.keys(events.kinds)[0] ?? ''
  if (!Object.hasOwn(events.kinds, kind)) return `Unknown kind ${kind}.`
  const persona = personas.find(({ id }) => id === (text('persona') ?? personas[0].id))
  if (!persona) return `Unknown persona ${text('persona')}.`
  const variant = text('variant') ?? null
  if (variant !== null && !isVariant(variant)) return `Unknown variant ${variant}.`
  const age = Number(text('age') ?? (variant === 'late' ? MONTH_SECONDS : 0))
  if (!Number.isSafeInteger(age)) return 'age is no whole number.'
  return { kind, persona, variant, ageSeconds: age }
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error } }
}
