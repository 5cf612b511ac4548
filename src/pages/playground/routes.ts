import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { type Client, isConfidential, PLAYGROUND } from '../../core/client/client.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { LANGUAGES, pickLanguage } from '../../core/pages/language.ts'
import { cookieName, isHttps } from '../../core/settings/public-url.ts'
import { isLoopbackHost } from '../../core/settings/urls.ts'
import { disconnectRoute } from './disconnect.ts'
import { playgroundPage, playgroundPolicy } from './page.ts'
import { type PlaygroundOptions, playgroundFacts } from './read-facts.ts'
import { receiverRoutes, type WebhookReceiver } from './receiver.ts'

/**
 * Whether the playground is a client, as it is on loopback, and not replaced by one of the
 * operator's.
 */
function hasPlayground(publicUrl: string, clients: readonly Client[]): boolean {
  const client = clients.find(({ id }) => id === PLAYGROUND)
  return (
    client !== undefined &&
    !isConfidential(client) &&
    client.redirectUris.includes(`${publicUrl}/`) &&
    isLoopbackHost(new URL(publicUrl).hostname)
  )
}

/** The playground at `/`, if it is a client; else there is no such page. */
export function playgroundRoutes(
  app: FastifyInstance,
  options: PlaygroundOptions & { receiver: WebhookReceiver | null },
): void {
  const { publicUrl, clients, emulator, receiver } = options
  if (!hasPlayground(publicUrl, clients)) return
  const facts = playgroundFacts({ ...options, receives: receiver !== null })
  if (emulator !== null) disconnectRoute(app, publicUrl, emulator)
  if (receiver !== null) {
    app.register(async (room) => receiverRoutes(room, publicUrl, receiver))
  }
  const pages = new Map(LANGUAGES.map((language) => [language, playgroundPage(language, facts)]))
  const policy = playgroundPolicy(facts)
  const chosen = cookieName(publicUrl, 'playground-language')
  const scripts = readScripts()
  app.get<{ Querystring: { ui_locales?: unknown } }>('/', (request, reply) => {
    const { ui_locales: asked } = request.query
    const isAsked = typeof asked === 'string'
    const language = pickLanguage(
      isAsked ? asked : request.cookies[chosen],
      request.headers['accept-language'],
    )
    // The redirect URI has to match exactly, so a login comes back without the chosen language: the
    // browser remembers it.
    if (isAsked) {
      reply.setCookie(chosen, language, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: isHttps(publicUrl),
      })
    }
    return reply
      .type('text/html; charset=utf-8')
      .headers({
        'content-security-policy': policy,
        'content-language': language,
        vary: 'Accept-Language, Cookie',
      })
      .send(pages.get(language))
  })
  app.get<{ Params: { '*': string } }>('/playground/*', (request, reply) => {
    const script = scripts.get(request.params['*'])
    if (script === undefined) throw new LatchkeyError('not_found', 'There is nothing here.')
    return reply.type('text/javascript; charset=utf-8').send(script)
  })
}

/**
 * The scripts below `browser/`, by their paths there; they are JavaScript, so they are served
 * unchanged.
 */
function readScripts(): Map<string, string> {
  const folder = new URL('./browser/', import.meta.url)
  const paths = readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.js'))
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, folder), 'utf8')]))
}
