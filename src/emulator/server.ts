import fastify, { type FastifyInstance } from 'fastify'
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
  endpoint(app, ['GET'], '/', (request) =>
    indexPage(
      cast.map(({ played }) => played),
      speakerOf(request),
    ),
  )
  for (const { played, stage } of cast) {
    app.register(async (below) => play(below, played, stage), { prefix: `/${played.id}` })
  }
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
