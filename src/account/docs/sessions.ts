import { z } from 'zod'
import { said } from '../../core/messages.ts'
import { Problem } from '../../http/errors/problems.ts'
import { NoBody, refused } from '../../http/routes/documented.ts'
import { describe } from '../signed-in-route.ts'

/** One signed-in client instance, as its user sees it. */
const Session = z
  .object({
    id: z
      .uuid()
      .meta({ description: 'Ends it at `DELETE /me/sessions/{id}`; `sid` of its tokens.' }),
    client_id: z.string().meta({ description: 'The app that the person signed in to.' }),
    provider: z.string().meta({ description: 'The provider that signed the person in.' }),
    user_agent: z.string().nullable().meta({ description: 'Of the browser at the sign-in.' }),
    address: z.string().nullable().meta({ description: 'Of the browser at the sign-in.' }),
    created_at: z.iso.datetime().meta({ description: 'When the person signed in.' }),
    last_used_at: z.iso.datetime().meta({ description: 'When tokens were last renewed.' }),
    expires_at: z.iso.datetime().meta({ description: 'When it ends at the latest.' }),
    current: z.boolean().meta({ description: 'Whether it is the one that asks.' }),
  })
  .meta({ id: 'Session', description: 'One app or browser that is signed in.' })

const exampleSession: z.infer<typeof Session> = {
  id: '0199f3a2-6b44-7d18-a5c0-93e7f1b2d604',
  client_id: 'app',
  provider: 'kakao',
  user_agent: 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36',
  address: '203.0.113.7',
  created_at: '2026-11-24T02:20:00.000Z',
  last_used_at: '2026-11-24T02:20:00.000Z',
  expires_at: '2026-12-24T02:20:00.000Z',
  current: true,
}

/** `GET /me/sessions`. */
export const listSessions = describe({
  docs: {
    operationId: 'listSessions',
    summary: 'The user’s sessions',
    description:
      'One per signed-in app and browser; `current` marks the one that makes the request. A session whose refresh token and access tokens have all expired is not listed: nobody is signed in by it any more.',
    answers: { 200: 'The sessions, the one used last first.' },
    examples: { two_devices: { summary: 'Signed in', status: 200, answer: [exampleSession] } },
  },
  responses: { 200: z.array(Session) },
})

/** `DELETE /me/sessions/:id`. */
export const endSession = describe({
  docs: {
    operationId: 'endSession',
    summary: 'End one session',
    description: 'It takes effect at once on Latchkey’s own routes.',
    answers: { 204: 'It is over.' },
    examples: {
      another: { summary: 'Another device', parameters: { id: '$SESSION_ID' }, status: 204 },
      unknown: refused('not_found', said.noSuchSession, {
        summary: 'Of nobody, or of somebody else',
        parameters: { id: exampleSession.id },
      }),
    },
  },
  params: z.object({
    id: z.string().meta({ description: 'The `id` of one of the user’s sessions.' }),
  }),
  responses: { 204: NoBody, 404: Problem },
})

/** `DELETE /me/sessions`. */
export const endOtherSessions = describe({
  docs: {
    operationId: 'endOtherSessions',
    summary: 'End all other sessions',
    description: 'All of this user’s but the one that makes the request.',
    answers: { 204: 'They are over.' },
    examples: { others: { summary: 'All but this one', status: 204 } },
  },
  responses: { 204: NoBody },
})
