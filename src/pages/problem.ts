import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../core/errors.ts'
import { pickLanguage } from '../core/language.ts'
import { pathOf } from '../core/public-url.ts'
import { isLoopbackHost } from '../core/urls.ts'
import type { InvalidToken, Problem } from '../http/problems.ts'
import { type Html, html } from './html.ts'
import type { Look } from './look.ts'
import { type RenderedPage, renderPage, sendPage } from './page.ts'
import { texts } from './texts/index.ts'
import type { ProblemTexts } from './texts/texts.ts'

/** Where a person can go from a problem, as the login room finds it. */
interface RecoveryLinks {
  /** Null where nobody was signing in. */
  retry: string | null
  signIn: string
  back: { client: string; href: string } | null
  uiLocales: string | undefined
  providerName: string | null
}

const STYLE = `
.ways { display: grid; gap: .75rem; margin: 1.5rem 0 }
.first { background: var(--button); border-color: var(--accent); color: var(--button-text) }
`

/** What may be over by itself: the same page, loaded again. */
const PASSING = ['temporarily_unavailable', 'rate_limited', 'request_timeout', 'server_error']

/** Makes the page of a problem: what happened, as a person reads it, and the ways on. */
export function createProblemPage(
  recoveryLinks: (request: FastifyRequest, code: string) => RecoveryLinks,
  publicUrl: string,
  look: Look,
) {
  // There whoever looks is the developer.
  const showsDetail = isLoopbackHost(new URL(publicUrl).hostname)
  return (
    problem: Problem | InvalidToken,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const { retry, signIn, back, uiLocales, providerName } = recoveryLinks(request, problem.code)
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const words = texts[language].problem
    const code = problem.code as ErrorCode
    const title = retry === null ? titleOf(code, words) : words.failed
    const links: [href: string, text: string][] = []
    if (retry !== null) links.push([retry, words.tryAgain])
    // An empty address is the page itself, which so need not be repeated here.
    else if (request.method === 'GET' && PASSING.includes(problem.code)) {
      links.push(['', words.tryAgain])
    }
    if (retry === null) links.push([signIn, words.signIn])
    else if (retry !== signIn) links.push([signIn, words.otherWays])
    if (back !== null) links.push([back.href, words.backTo(back.client)])
    const facts = [`${words.code}: ${problem.code}`]
    if ('request_id' in problem) facts.push(`${words.requestId}: ${problem.request_id}`)
    const body = html`<p>${whatHappened(code, words, providerName)}</p>
<div class="ways">
${links.map(([href, text], place) => link(href, text, place === 0))}
</div>
${showsDetail ? html`<p class="quiet">${problem.detail}</p>\n` : null}<p class="quiet">${facts.join(' · ')}</p>`
    // CORS may have named the Origin already.
    const vary = new Set(`${reply.getHeader('vary') ?? ''}, Accept, Accept-Language`.split(/,\s*/))
    const { headers, ...page } = renderPage(look, { language, title, body, style: STYLE })
    const all = { ...headers, vary: [...vary].filter(Boolean).join(', ') }
    return sendPage(reply, { ...page, headers: all })
  }
}

/** The page of a problem that ended a connection before there was a request. */
export const createBareProblemPage =
  (publicUrl: string, look: Look) =>
  (code: ErrorCode, acceptLanguage: string | undefined): RenderedPage => {
    const language = pickLanguage(undefined, acceptLanguage)
    const words = texts[language].problem
    const body = html`<p>${whatHappened(code, words, null)}</p>
<div class="ways">${link(`${pathOf(publicUrl)}/login`, words.signIn, true)}</div>`
    return renderPage(look, { language, title: titleOf(code, words), body, style: STYLE })
  }

function whatHappened(code: ErrorCode, words: ProblemTexts, providerName: string | null): string {
  const text = words.problems[code]
  return typeof text === 'string' ? text : text(providerName ?? words.provider)
}

/** The title where nobody was signing in. */
const titleOf = (code: ErrorCode, words: ProblemTexts) =>
  words.titles[code] ?? words.failedElsewhere

const link = (href: string, text: string, isFirst: boolean): Html =>
  html`<a class="${isFirst ? 'action first' : 'action'}" rel="nofollow" href="${href}">${text}</a>`
