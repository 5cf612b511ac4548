import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from './language.ts'
import { asPage, escapeHtml, page } from './page.ts'
import { signInTexts } from './sign-in-texts.ts'

/** A provider as the pages show it. */
export interface ShownProvider {
  id: string
  name: string
  emulated: boolean
}

/** The sign-in page: one link per provider, the client's parameters kept. */
export function sendSignInPage(
  providers: readonly ShownProvider[],
  query: URLSearchParams,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const language = pickLanguage(
    query.get('ui_locales') ?? undefined,
    request.headers['accept-language'],
  )
  const words = signInTexts[language]
  const search = query.size > 0 ? `?${query}` : ''
  const links = providers.map(({ id, name, emulated }) => {
    const badge = emulated ? ` <small>${escapeHtml(words.emulated)}</small>` : ''
    const href = escapeHtml(`/login/${id}${search}`)
    return `<li><a class="action" rel="nofollow" href="${href}">${escapeHtml(words.signInWith(name))}${badge}</a></li>`
  })
  const body =
    links.length > 0
      ? `<ul>\n${links.join('\n')}\n</ul>`
      : `<p>${escapeHtml(words.noProviders)}</p>`
  return asPage(reply, language).send(page(language, words.signIn, body))
}
