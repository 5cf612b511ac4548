import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Client } from '../core/client/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { Asker } from '../core/events/audit.ts'
import type { AdminUsers } from '../core/identity/admin-users.ts'
import { said } from '../core/messages.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { Problem } from '../http/errors/problems.ts'
import { askerOf } from '../http/requests/asker.ts'
import { NoBody } from '../http/routes/documented.ts'
import { route } from '../http/routes/route.ts'
import {
  ADMIN_DOCS,
  AdminUserBody,
  AdminUserPatch,
  AdminUsersBody,
  REFUSALS,
  UserId,
  UserQuery,
} from './docs.ts'
import { type AdminTokens, requireAdmin } from './require-admin.ts'

/** What the room needs from other rooms. */
export interface AdminOptions {
  users: AdminUsers
  clients: readonly Client[]
  tokens: AdminTokens
  sessions: Pick<Sessions, 'isAlive'>
  /** Ids of providers whose tokens can be revoked. */
  revocable: readonly string[]
  wakeOutbox(): void
}

const PAGE = 100

/** Who acts, for the audit: it names the client that called. */
const by = (request: FastifyRequest): Asker => ({
  ...askerOf(request),
  clientId: request.adminClient,
  reason: 'admin_api',
})

/** Gives the user; throws `not_found` where there is none. */
function found<T>(user: T | null | false): T {
  if (user === null || user === false) throw new LatchkeyError('not_found', said.noSuchUser)
  return user
}

/** `/admin/users`: what the operator's programs can do to users; the command line does the same. */
export async function adminRoutes(room: FastifyInstance, options: AdminOptions): Promise<void> {
  const { users, revocable, wakeOutbox } = options
  requireAdmin(room, options)

  route(room, 'GET', '/admin/users', {
    docs: ADMIN_DOCS.find,
    query: UserQuery,
    responses: { 200: AdminUsersBody, 400: Problem, ...REFUSALS },
    async handle({ query }) {
      const page = { after: query.cursor ?? null, limit: PAGE + 1 }
      const all = await users.find(query.q ?? '', page)
      const shown = all.slice(0, PAGE)
      return { users: shown, next: all.length > PAGE ? (shown.at(-1)?.sub ?? null) : null }
    },
  })
  route(room, 'GET', '/admin/users/:id', {
    docs: ADMIN_DOCS.show,
    params: UserId,
    responses: { 200: AdminUserBody, 404: Problem, ...REFUSALS },
    handle: async ({ params }) => found(await users.show(params.id)),
  })
  route(room, 'PATCH', '/admin/users/:id', {
    docs: ADMIN_DOCS.change,
    params: UserId,
    json: AdminUserPatch,
    responses: { 200: AdminUserBody, 400: Problem, 404: Problem, ...REFUSALS },
    async handle({ params, body, request }) {
      const { disabled, roles } = body
      const changes = { isDisabled: disabled, roles }
      const user = found(await users.change(params.id, changes, by(request)))
      request.log.info(
        { event: 'user_changed', user: user.sub, client: request.adminClient },
        'changed a user',
      )
      return user
    },
  })
  route(room, 'DELETE', '/admin/users/:id', {
    docs: ADMIN_DOCS.remove,
    params: UserId,
    responses: { 204: NoBody, 404: Problem, ...REFUSALS },
    async handle({ params, request, reply }) {
      found(await users.remove(params.id, revocable, by(request)))
      wakeOutbox()
      request.log.info(
        { event: 'user_deleted', user: params.id, client: request.adminClient },
        'deleted a user',
      )
      return reply.code(204).send()
    },
  })
  route(room, 'DELETE', '/admin/users/:id/sessions', {
    docs: ADMIN_DOCS.endSessions,
    params: UserId,
    responses: { 204: NoBody, 404: Problem, ...REFUSALS },
    async handle({ params, request, reply }) {
      const count = found(await users.endSessions(params.id, by(request)))
      request.log.info(
        { event: 'sessions_ended', user: params.id, count, client: request.adminClient },
        'ended all sessions of a user',
      )
      return reply.code(204).send()
    },
  })
}
