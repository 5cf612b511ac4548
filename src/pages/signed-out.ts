import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../core/pages/language.ts'
import { texts } from '../texts/index.ts'
import { html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'
import { WAYS_STYLE, way } from './problem/ways.ts'

/** The page for somebody who signed out without an app to return to; it links to the known apps. */
export const createSignedOutPage =
  (
    look: Look,
    appsOf: (clientId: string | undefined) => readonly { client: string; href: string }[],
  ) =>
  (
    { clientId, uiLocales }: { clientId: string | undefined; uiLocales: string | undefined },
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const { title, text } = texts[language].signedOut
    const { open } = texts[language].problem
    const ways = appsOf(clientId).map(({ client, href }) => way(href, open(client), false))
    const body = html`<p>${text}</p>\n${ways.length === 0 ? null : html`<div class="ways">${ways}</div>`}`
    return sendPage(reply, renderPage(look, { language, title, body, style: WAYS_STYLE }))
  }
