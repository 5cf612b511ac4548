import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../core/pages/language.ts'
import { texts } from '../texts/index.ts'
import { html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'

/** The page of somebody who asked a provider to have data deleted here. */
export const createReceivedPage =
  (look: Look) =>
  (
    request: FastifyRequest,
    reply: FastifyReply,
    { provider, at }: { provider: string; at: Date },
  ): FastifyReply => {
    const language = pickLanguage(undefined, request.headers['accept-language'])
    const words = texts[language].received
    const day = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
    reply.header('cache-control', 'no-store')
    return sendPage(
      reply,
      renderPage(look, {
        language,
        title: words.title,
        body: html`<p>${words.text(provider, day)}</p>`,
      }),
    )
  }
