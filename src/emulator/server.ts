import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { addControl } from './events/control.ts'
import { endpoint, send } from './http.ts'
import { authorize } from './login/authorize.ts'
import { exchange } from './login/token.ts'
import { isLoopbackName } from './loopback.ts'
import { indexPage } from './pages/index-page.ts'
import { speakerOf } from './pages/language.ts'
import { addNative } from './phone/native.ts'
import type { PlayedProvider } from './provider.ts'
import type { Stage } from './stage.ts'

/** No route has a schema: what would compile them is not even loaded, which takes a tenth of a start. */
const NO_COMPILERS = {
  buildValidator: () => () => {
    throw new Error('a route has no validator')
  },
  buildSerializer: () => () => {
    throw new Error('a route has no serializer')
  },
}

/** The emulator's server, not yet listening, with each provider below its own path. */
export function buildEmulator(cast: readonly { played: PlayedProvider; stage: Stage }[]) {
  const app = createServer()
  endpoint(app, ['GET'], '/', (request) =>
    indexPage(
      cast.map(({ played }) => played),
      speakerOf(request),
    ),
  )
  for (const { played, stage } of cast) {
    const whole = once(async () => {
      const own = createServer()
      own.register(async (below) => play(below, played, stage), { prefix: `/${played.id}` })
      await own.ready()
      return own
    })
    // Before its body is read, which the provider's own server does.
    const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
      const own = await whole()
      reply.hijack()
      own.routing(request.raw, reply.raw)
    }
    app.all(`/${played.id}/*`, { onRequest }, () => {})
  }
  return app
}

/**
 * Most providers are never used, so their endpoints, a hundred in all, are not made at each start.
 * If making them fails, it is tried again.
 */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}

function createServer(): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    schemaController: { compilersFactory: NO_COMPILERS },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  // Another site's name that resolves to 127.0.0.1 must not read what is here (DNS rebinding).
  app.addHook('onRequest', async (request, reply) => {
    if (!isLoopback(request.headers.host)) {
      return send(reply, { status: 403, body: 'The emulator answers on loopback names only.' })
    }
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
  })
  return app
}

function play(app: FastifyInstance, played: PlayedProvider, stage: Stage): void {
  for (const path of played.authorizeRoutes ?? [played.authorizePath]) {
    endpoint(app, ['GET'], path, (request) => authorize(played, stage, request))
  }
  for (const path of played.tokenRoutes ?? [played.tokenPath]) {
    app.all(path, async (request, reply) => send(reply, await exchange(played, stage, request)))
  }
  played.routes(app, stage)
  addControl(app, played, stage)
  addNative(app, played, stage)
}

function isLoopback(host: string | undefined): boolean {
  const name = /^(.*?)(?::\d+)?$/.exec(host ?? '')?.[1] ?? ''
  return isLoopbackName(name)
}
