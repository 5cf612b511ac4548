import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../core/pages/language.ts'
import { texts } from '../texts/index.ts'
import { html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'

/** The page for somebody who asked a provider to have their data deleted here. */
export const createReceivedPage =
  (look: Look) =>
  (
    { provider, at }: { provider: string; at: Date },
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(undefined, request.headers['accept-language'])
    const { title, text } = texts[language].received
    const day = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
    const body = html`<p>${text(provider, day)}</p>`
    return sendPage(reply, renderPage(look, { language, title, body }))
  }
