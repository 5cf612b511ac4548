import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { unknownProvider } from '../core/provider/unknown-provider.ts'
import { toLatchkeyError } from '../http/errors/problems.ts'
import { acceptForms } from '../http/routes/forms.ts'
import { route } from '../http/routes/route.ts'
import { enterAny, enterByForm, finish, finishByForm, start } from './docs.ts'
import { finishLogin } from './finish/finish.ts'
import { bounceForm } from './finish/form-post.ts'
import type { Login } from './login.ts'
import { type EntryOptions, enter } from './start/enter.ts'
import type { Parameters } from './start/request.ts'

/**
 * `/login`, the sign-in page and its form. Viewing the page is not rate limited: only going on to a
 * provider counts.
 */
export function entryRoutes(room: FastifyInstance, options: EntryOptions): void {
  acceptForms(room)
  const enterWith = (sent: Parameters, request: FastifyRequest, reply: FastifyReply) => {
    const { provider, ...given } = sent
    return enter(options, { given, provider: provider || undefined }, request, reply)
  }
  route(room, 'GET', '/login', {
    ...enterAny,
    readsItself: true,
    head: false,
    handle: ({ request, reply }) => enterWith(request.query as Parameters, request, reply),
  })
  route(room, 'POST', '/login', {
    ...enterByForm,
    readsItself: true,
    handle: ({ request, reply }) => enterWith(queryAndForm(request), request, reply),
  })
}

/**
 * The parameters of a POST: of its body and of its URL (RFC 6749, section 3.1). A name in both
 * counts as given twice.
 */
function queryAndForm({ query, body }: FastifyRequest): Parameters {
  const together: Record<string, unknown> = { ...(query as Parameters) }
  for (const [name, value] of Object.entries((body ?? {}) as Parameters)) {
    together[name] = Object.hasOwn(together, name) ? [together[name], value].flat() : value
  }
  return together
}

/** `/login/:provider` and its callback. */
export function loginRoutes(room: FastifyInstance, options: EntryOptions): void {
  const { find } = options
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
    handle: ({ params, request, reply }) =>
      enter(options, { given: request.query as Parameters, ...params }, request, reply),
  })

  route(room, 'GET', '/login/:provider/callback', {
    ...finish,
    readsItself: true,
    head: false,
    // Only errors that the client is not told of get here.
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
    // Before the body is read: the provider may not exist, or may send no forms.
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      if ((await loginOf(request.params).provider.metadata()).formPost) return
      reply.header('allow', 'GET')
      throw new LatchkeyError('method_not_allowed', 'Only GET is allowed here.')
    },
    handle: ({ params, request, reply }) => bounceForm(loginOf(params), request, reply),
  })
}
