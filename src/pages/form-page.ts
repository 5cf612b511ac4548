import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FormAnswer } from '../core/pages/form-answer.ts'
import { pickLanguage } from '../core/pages/language.ts'
import { texts } from '../texts/index.ts'
import { type Html, html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'

const SCRIPT = `document.forms[0].submit()`

/** The fields of a form that a person does not fill in. */
export const hiddenFields = (fields: Readonly<Record<string, string>>): Html[] =>
  Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )

/** A page whose form submits itself to the app; without scripts the person submits it. */
export const createFormPage =
  (look: Look) =>
  (
    { action, fields, client, uiLocales }: FormAnswer,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const title = texts[language].problem.backTo(client)
    const body = html`<form method="post" action="${action}">
${hiddenFields(fields)}
<noscript><button class="action" type="submit">${title}</button></noscript>
</form>`
    const extras = { style: '.action { width: 100% }', script: SCRIPT, mayPost: true }
    return sendPage(reply, renderPage(look, { language, title, body, ...extras }))
  }
