import { z } from 'zod'
import { defined } from '../core/defined.ts'
import { UserInfo } from '../core/identity/account.ts'
import { type AdminUser, areRolesFew, ROLE, ROLES_SHAPE } from '../core/identity/admin-users.ts'
import { said } from '../core/messages.ts'
import { InvalidToken, Problem } from '../http/errors/problems.ts'
import { type Example, refused } from '../http/routes/documented.ts'
import { exampleAccount, withNarrowToken, withoutToken } from '../http/routes/examples.ts'
import type { RouteDocs } from '../http/routes/route.ts'

/** A user as the admin API shows it. */
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

const ROLE_SHAPE = 'a role has 1 to 64 of a-z 0-9 : _ -'

/** What the operator can change about a user. */
export const AdminUserPatch = z
  .strictObject({
    disabled: z.boolean().optional().meta({
      description:
        'Whether the user is shut out, at once: apps hear by back-channel logout, and sessions rest until the user is enabled again.',
    }),
    roles: z
      .array(z.string().refine((role) => ROLE.test(role), ROLE_SHAPE))
      .max(100)
      .refine(areRolesFew, ROLES_SHAPE)
      .optional()
      .meta({
        description: `Replaces the list; it is in the next access token, so ${ROLES_SHAPE}.`,
      }),
  })
  .meta({ id: 'AdminUserPatch', description: 'What is to be changed; what is left out stays.' })

/** The user that a path names. */
export const UserId = z.object({ id: z.string().meta({ description: 'The user’s id (`sub`).' }) })

/** Which users to list, page by page. */
export const UserQuery = z.object({
  q: z.string().max(320).optional().meta({
    description:
      'An id, a provider’s subject, the beginning of an e-mail address, or else a part of a name; all without it.',
  }),
  cursor: z.uuid().optional().meta({ description: '`next` of the page before.' }),
})

/** The errors that all routes of the room share. */
export const REFUSALS = { 401: InvalidToken, 403: Problem, 503: Problem }

/** One more than fits. */
const tooMany = Array.from({ length: 30 }, (_, place) => `team-${place}:`.padEnd(64, 'x'))

const exampleUser: AdminUser = {
  ...exampleAccount,
  roles: ['editor'],
  disabled_at: null,
  sessions: 1,
}

type Sent = Pick<Example, 'parameters' | 'body'>

const known = { id: '$USER_ID' }
const noSuchUser = (body?: Example['body']) =>
  refused('not_found', said.noSuchUser, {
    summary: 'Of nobody',
    parameters: { id: exampleUser.sub },
    ...defined({ body }),
  })

const docs = (
  operationId: string,
  summary: string,
  description: string,
  answers: RouteDocs['answers'],
  examples: Readonly<Record<string, Example>>,
): RouteDocs => {
  const [{ parameters, body } = {}] = Object.values(examples)
  const sent: Sent = defined({ parameters, body })
  return {
    operationId,
    summary,
    description: `${description} For a confidential client with \`CLIENT_<ID>_ADMIN=on\`, by a token that it got by \`client_credentials\` with the scope \`admin\`. It has no CORS and takes no cookies.`,
    tags: ['admin'],
    security: [{ accessToken: [] }],
    answers: { 401: 'No valid token.', 403: 'Without the scope `admin`.', ...answers },
    examples: {
      ...examples,
      scope_missing: withNarrowToken('admin', sent),
      no_token: { ...withoutToken, ...sent },
    },
  }
}

/** What `/openapi.json` says of each route of the room. */
export const ADMIN_DOCS = {
  find: docs(
    'findUsers',
    'Find users',
    'Users by id, subject or e-mail address.',
    { 200: 'A page of users.' },
    {
      by_id: {
        summary: 'By an id',
        parameters: { q: '$USER_ID' },
        status: 200,
        answer: { users: [exampleUser], next: null },
      },
      too_long: refused('invalid_request', 'The parameter "q" may have at most 320 characters.', {
        summary: 'Too long for an address',
        parameters: { q: '$LONG_TEXT' },
      }),
    },
  ),
  show: docs(
    'showUser',
    'Show a user',
    'One user with roles and identities.',
    { 200: 'The user.', 404: said.noSuchUser },
    {
      known: { summary: 'By its id', parameters: known, status: 200, answer: exampleUser },
      unknown: noSuchUser(),
    },
  ),
  change: docs(
    'changeUser',
    'Disable a user, or set roles',
    'Changes a user.',
    {
      200: 'The user as it is now.',
      400: 'A field that is not known, a role of other characters, or too many roles.',
      404: said.noSuchUser,
    },
    {
      set_roles: {
        summary: 'Other roles',
        parameters: known,
        body: { roles: ['editor'] },
        status: 200,
        answer: exampleUser,
      },
      disable: {
        summary: 'Shut out',
        parameters: known,
        body: { disabled: true },
        status: 200,
        answer: { ...exampleUser, disabled_at: '2026-11-24T02:20:00.000Z', sessions: 0 },
      },
      wrong_role: refused('invalid_request', `The body "roles": ${ROLE_SHAPE}.`, {
        summary: 'Not a role',
        parameters: known,
        body: { roles: ['Editor!'] },
      }),
      too_many_roles: refused('invalid_request', `The body "roles": ${ROLES_SHAPE}.`, {
        summary: 'More than an access token holds',
        parameters: known,
        body: { roles: tooMany },
      }),
      unknown: noSuchUser({ disabled: true }),
    },
  ),
  remove: docs(
    'removeUser',
    'Delete a user',
    'Deletes user, identities and sessions; the grants at the providers are revoked in the background.',
    { 204: 'Deleted.', 404: said.noSuchUser },
    {
      known: { summary: 'By its id', parameters: known, status: 204 },
      unknown: noSuchUser(),
    },
  ),
  endSessions: docs(
    'endUserSessions',
    'End all sessions of a user',
    'Ends all sessions at once.',
    { 204: 'Ended.', 404: said.noSuchUser },
    {
      known: { summary: 'By the user’s id', parameters: known, status: 204 },
      unknown: noSuchUser(),
    },
  ),
}
