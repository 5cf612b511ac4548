import type { FastifyInstance } from 'fastify'
import { finishLogin } from './finish.ts'
import { bounceFormPosts } from './form-post.ts'
import type { LoginOptions } from './options.ts'
import { startLogin } from './start.ts'

/** The route pair of one provider: `GET /login/<id>` and its callback. */
export function loginRoutes(app: FastifyInstance, options: LoginOptions): void {
  const { row } = options.provider
  app.get(
    `/login/${row.id}`,
    { schema: { hide: true }, exposeHeadRoute: false },
    (request, reply) => startLogin(options, request, reply),
  )
  app.get(
    `/login/${row.id}/callback`,
    { schema: { hide: true }, exposeHeadRoute: false },
    (request, reply) => finishLogin(options, request, reply),
  )
  if (row.formPost) bounceFormPosts(app, options)
}
