import { z } from 'zod'
import { Identity } from '../../core/identity/account.ts'
import { Problem } from '../../http/errors/problems.ts'
import { NoBody, refused } from '../../http/routes/documented.ts'
import { exampleAccount } from '../../http/routes/examples.ts'
import { describe } from '../signed-in-route.ts'

/** `GET /me/identities`. */
export const listIdentities = describe({
  docs: {
    operationId: 'listIdentities',
    summary: 'The user’s identities',
    description: 'The accounts at providers that the user signs in with, as `/me` has them.',
    answers: { 200: 'The identities, the one linked first first.' },
    examples: { one: { summary: 'One identity', status: 200, answer: exampleAccount.identities } },
  },
  responses: { 200: z.array(Identity) },
})

/** The message where there is nothing to unlink. */
export const NOT_FOUND = 'The user has no identity at this provider.'
/** The message where the last identity would be unlinked. */
export const LAST = 'It is the last identity of this user, who could not sign in without it.'

/** `DELETE /me/identities/:provider`. */
export const unlinkIdentity = describe({
  docs: {
    operationId: 'unlinkIdentity',
    summary: 'Unlink an identity',
    description:
      'The user can no longer sign in with it; whoever signs in with it later is another user. What the person granted at the provider is revoked there in the background. The sessions that it opened end, and no later login joins it to this user again, until the user links it. The last one stays. The person must have signed in recently (REAUTH_MAX_AGE), else 401 `insufficient_user_authentication` with `max_age` (RFC 9470). With the session cookie it needs a registered `Origin`.',
    answers: { 204: 'It is gone.', 409: 'The user could not sign in any more.' },
    examples: {
      second: {
        summary: 'One of two',
        parameters: { provider: '$LINKED_PROVIDER' },
        status: 204,
      },
      last: refused('last_identity', LAST, {
        summary: 'The last one',
        parameters: { provider: '$ONLY_PROVIDER' },
      }),
      unknown: refused('not_found', NOT_FOUND, {
        summary: 'A provider that the user has no identity at',
        parameters: { provider: 'naver' },
      }),
    },
  },
  recent: true,
  params: z.object({
    provider: z.string().meta({ description: 'Of one of the user’s identities.' }),
  }),
  responses: { 204: NoBody, 404: Problem, 409: Problem },
})
