import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../http/problems.ts'
import { pickLanguage } from './language.ts'
import { asPage, escapeHtml, page } from './page.ts'
import { problemTexts } from './problem-texts.ts'

/** A problem as a person reads it, with the way back: the provider's login, or the sign-in page. */
export function sendProblemPage(
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const language = pickLanguage(undefined, request.headers['accept-language'])
  const words = problemTexts[language]
  const explained = words.problems[problem.code] ?? words.problems.other
  // The route's own path, never the URL that was asked for.
  const route = request.routeOptions.url ?? ''
  const retry = /^\/login\/[a-z0-9-]+(?=\/callback$|$)/.exec(route)?.[0] ?? '/login'
  const title = route.startsWith('/login') ? words.failed : words.failedElsewhere
  const body = `<p>${escapeHtml(explained)}</p>
<p><a class="action" rel="nofollow" href="${retry}">${escapeHtml(words.tryAgain)}</a></p>
<p><small>${escapeHtml(words.code)}: ${escapeHtml(problem.code)} · ${escapeHtml(words.requestId)}: ${escapeHtml(problem.request_id)}</small></p>`
  return asPage(reply, language).send(page(language, title, body))
}
