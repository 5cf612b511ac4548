import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../core/errors.ts'
import type { Problem } from '../http/problems.ts'
import { pickLanguage } from './language.ts'
import { asPage, escapeHtml, page } from './page.ts'
import { problemTexts } from './problem-texts.ts'

/** Where a person can go from a problem, as the login room finds it. */
interface WaysOn {
  retry: string
  signIn: string
  back: { client: string; href: string } | null
  uiLocales: string | undefined
}

const STYLE = `
.ways { display: grid; gap: .75rem; margin: 1.5rem 0 }
.first { background: var(--accent); border-color: var(--accent); color: var(--card) }
`

/** Makes the page of a problem: what happened, as a person reads it, and the ways on. */
export function createProblemPage(waysOn: (request: FastifyRequest, code: ErrorCode) => WaysOn) {
  return (problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { retry, signIn, back, uiLocales } = waysOn(request, problem.code as ErrorCode)
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const words = problemTexts[language]
    const explained = words.problems[problem.code] ?? words.problems.other
    const isLogin = (request.routeOptions?.url ?? '').startsWith('/login')
    const title = isLogin ? words.failed : words.failedElsewhere
    const link = (href: string, text: string, kind = 'action') =>
      `<a class="${kind}" rel="nofollow" href="${escapeHtml(href)}">${escapeHtml(text)}</a>`
    const links = [
      link(retry, words.tryAgain, 'action first'),
      ...(retry === signIn ? [] : [link(signIn, words.otherWays)]),
      ...(back === null ? [] : [link(back.href, words.backTo(back.client))]),
    ]
    const extras = { style: STYLE }
    const body = `<p>${escapeHtml(explained)}</p>
<div class="ways">
${links.join('\n')}
</div>
<p class="quiet">${escapeHtml(words.code)}: ${escapeHtml(problem.code)} · ${escapeHtml(words.requestId)}: ${escapeHtml(problem.request_id)}</p>`
    return asPage(reply, language, extras).send(page(language, title, body, extras))
  }
}
