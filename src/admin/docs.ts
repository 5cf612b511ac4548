import { z } from 'zod'
import { UserInfo } from '../core/account.ts'
import { ROLE } from '../core/admin-users.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import type { RouteDocs } from '../http/route.ts'

/** A user as the operator sees it. */
export const AdminUserBody = UserInfo.extend({
  roles: z.array(z.string()).meta({ description: 'In the alphabet’s order.' }),
  disabled_at: z
    .string()
    .nullable()
    .meta({ description: 'When the user was disabled, ISO 8601; null for who may sign in.' }),
  sessions: z.int().meta({ description: 'Sessions that are alive.' }),
}).meta({ id: 'AdminUser', description: 'A user as the operator sees it.' })

/** One page of users. */
export const AdminUsersBody = z
  .object({
    users: z.array(AdminUserBody).meta({ description: 'In the order of their ids.' }),
    next: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; null on the last.' }),
  })
  .meta({ id: 'AdminUsers', description: 'Users in the order of their ids, 100 a page.' })

/** What of a user the operator changes. */
export const AdminUserPatch = z
  .strictObject({
    disabled: z
      .boolean()
      .optional()
      .meta({ description: 'Whether the user is shut out, at once.' }),
    roles: z
      .array(z.string().refine((role) => ROLE.test(role), 'a role has 1 to 64 of a-z 0-9 : _ -'))
      .max(100)
      .optional()
      .meta({ description: 'Replaces the list; it is in the next access token.' }),
  })
  .meta({ id: 'AdminUserPatch', description: 'What is to be changed; what is left out stays.' })

export const UserId = z.object({ id: z.string().meta({ description: 'The user’s id (`sub`).' }) })

export const UserQuery = z.object({
  q: z.string().max(320).optional().meta({
    description:
      'An id, a provider’s subject, or the beginning of an e-mail address; all without it.',
  }),
  cursor: z.uuid().optional().meta({ description: '`next` of the page before.' }),
})

/** What all routes of the room answer beside their own. */
export const REFUSALS = { 401: InvalidToken, 403: Problem, 503: Problem }

const docs = (
  operationId: string,
  summary: string,
  description: string,
  answers: RouteDocs['answers'],
): RouteDocs => ({
  operationId,
  summary,
  description: `${description} For a confidential client with \`CLIENT_<ID>_ADMIN=on\`, by a token that it got by \`client_credentials\` with the scope \`admin\`. There is no CORS here, and no cookie counts.`,
  tags: ['admin'],
  security: [{ accessToken: [] }],
  answers: { 401: 'No valid token.', 403: 'Without the scope `admin`.', ...answers },
})

export const ADMIN_DOCS = {
  find: docs('findUsers', 'Find users', 'Users by id, subject or e-mail address.', {
    200: 'A page of users.',
  }),
  show: docs('showUser', 'Show a user', 'One user with roles and identities.', {
    200: 'The user.',
    404: 'There is no such user.',
  }),
  change: docs('changeUser', 'Disable a user, or set roles', 'Changes a user.', {
    200: 'The user as it is now.',
    400: 'A field that is not known, or a role of other characters.',
    404: 'There is no such user.',
  }),
  remove: docs(
    'removeUser',
    'Delete a user',
    'Deletes user, identities and sessions; the grants are revoked at the providers behind the answer.',
    { 204: 'Deleted.', 404: 'There is no such user.' },
  ),
  endSessions: docs('endUserSessions', 'End all sessions of a user', 'Ends all sessions at once.', {
    204: 'Ended.',
    404: 'There is no such user.',
  }),
}
