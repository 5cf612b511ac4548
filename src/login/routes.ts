import type { FastifyInstance } from 'fastify'
import { toLatchkeyError } from '../http/problems.ts'
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
    {
      schema: { hide: true },
      exposeHeadRoute: false,
      // Errors that a client is told of never get here.
      onError: (_request, _reply, error, done) => {
        options.ended('browser', toLatchkeyError(error).code)
        done()
      },
    },
    (request, reply) => finishLogin(options, request, reply),
  )
  if (row.formPost) bounceFormPosts(app, options)
}
