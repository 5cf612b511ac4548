import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../core/pages/language.ts'
import { texts } from '../texts/index.ts'
import { html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'

/** The page of somebody who signed out where no app waits. */
export const createSignedOutPage =
  (look: Look) =>
  (
    request: FastifyRequest,
    reply: FastifyReply,
    { uiLocales }: { uiLocales: string | undefined },
  ): FastifyReply => {
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const { title, text } = texts[language].signedOut
    return sendPage(reply, renderPage(look, { language, title, body: html`<p>${text}</p>` }))
  }
