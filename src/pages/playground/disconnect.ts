import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'
import { requireThisPage } from './this-page.ts'

/** An emulator whose providers can be made to send events. */
export interface TellingEmulator {
  /** `http://127.0.0.1:<port>` */
  origin: string
  /** Ids of the providers that send events. */
  tells: readonly string[]
}

/**
 * Lets a person of the emulator disconnect the app, since the page itself may not call another
 * origin.
 */
export function disconnectRoute(
  app: FastifyInstance,
  publicUrl: string,
  { origin, tells }: TellingEmulator,
): void {
  app.post<{ Body: { provider?: unknown; persona?: unknown } | null }>(
    '/playground/disconnect',
    async (request) => {
      requireThisPage(request, publicUrl)
      const { provider, persona } = request.body ?? {}
      const id = tells.find((one) => one === provider)
      if (id === undefined || typeof persona !== 'string') {
        throw new LatchkeyError('invalid_request', 'No such provider tells of anything here.')
      }
      const answer = await fetch(`${origin}/${id}/emulator/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ persona }),
      })
      if (!answer.ok) throw new LatchkeyError('invalid_request', 'The emulator refused that.')
      return (await answer.json()) as object
    },
  )
}
