import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { unknownProvider } from '../core/unknown-provider.ts'
import { acceptForms } from '../http/forms.ts'
import { toLatchkeyError } from '../http/problems.ts'
import { route } from '../http/route.ts'
import { finish, finishByForm, start } from './docs.ts'
import { finishLogin } from './finish.ts'
import { bounceForm } from './form-post.ts'
import type { Login } from './login.ts'
import { startLogin } from './start.ts'

/** The login at an enabled provider; undefined for any other. */
export type FindLogin = (provider: string) => Login | undefined

/** `/login/:provider` and its callback. */
export function loginRoutes(room: FastifyInstance, find: FindLogin): void {
  const loginOf = (params: unknown): Login => {
    const login = find((params as { provider: string }).provider)
    if (login === undefined) throw unknownProvider()
    return login
  }
  acceptForms(room)

  route(room, 'GET', '/login/:provider', {
    ...start,
    readsItself: true,
    head: false,
    handle: ({ params, request, reply }) => startLogin(loginOf(params), request, reply),
  })

  route(room, 'GET', '/login/:provider/callback', {
    ...finish,
    readsItself: true,
    head: false,
    // Errors that a client is told of never get here.
    onError: (request, _reply, error, done) => {
      const { provider } = request.params as { provider: string }
      find(provider)?.ended('browser', toLatchkeyError(error).code)
      done()
    },
    handle: ({ params, request, reply }) => finishLogin(loginOf(params), request, reply),
  })

  route(room, 'POST', '/login/:provider/callback', {
    ...finishByForm,
    readsItself: true,
    // Before the body is looked at: there may be no such provider, or none that sends forms.
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      if (loginOf(request.params).provider.row.formPost) return
      reply.header('allow', 'GET')
      throw new LatchkeyError('method_not_allowed', 'Only GET is allowed here.')
    },
    handle: ({ params, request, reply }) => bounceForm(loginOf(params), request, reply),
  })
}
