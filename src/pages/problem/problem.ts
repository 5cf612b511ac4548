import type { FastifyRequest } from 'fastify'
import type { ErrorCode } from '../../core/errors.ts'
import { pickLanguage } from '../../core/pages/language.ts'
import { type PageReason, refusalOf } from '../../core/pages/page-reason.ts'
import type { RecoveryLinks, Ways } from '../../core/pages/recovery.ts'
import { isLoopbackHost } from '../../core/settings/urls.ts'
import type { SendProblemPage } from '../../http/errors/problems.ts'
import { varyingBy } from '../../http/headers.ts'
import { texts } from '../../texts/index.ts'
import type { ProblemTexts } from '../../texts/shape.ts'
import { html } from '../html.ts'
import type { Look } from '../look.ts'
import { type RenderedPage, renderPage, sendPage } from '../page.ts'
import { type ReasonFacts, reasonTexts } from './reason.ts'
import { WAIT_SCRIPT, waitFor } from './wait.ts'
import { WAYS_STYLE, way } from './ways.ts'

/** Problems that may end by themselves: loading the same page again can help. */
const PASSING = ['temporarily_unavailable', 'rate_limited', 'request_timeout', 'server_error']

/** Makes the page of a problem: what happened, in words for people, and the ways on. */
export function createProblemPage(
  recoveryLinks: (request: FastifyRequest) => RecoveryLinks,
  { publicUrl, facts, look }: { publicUrl: string; facts: ReasonFacts; look: Look },
): SendProblemPage {
  // On loopback the reader is the developer.
  const showsDetail = isLoopbackHost(new URL(publicUrl).hostname)
  return (problem, request, reply) => {
    const ways = recoveryLinks(request)
    const language = pickLanguage(ways.uiLocales, request.headers['accept-language'])
    const words = texts[language].problem
    const code = problem.code as ErrorCode
    const { title, text } =
      problem.reason === null
        ? whatHappened(code, words, ways)
        : reasonTexts(problem.reason, language, facts)
    // An empty URL is the page itself.
    const isSame = ways.retry === null && request.method === 'GET' && PASSING.includes(code)
    const retry = isSame ? '' : refusalOf(problem) === null ? ways.retry : null
    const marks = [`${words.code}: ${problem.code}`]
    if ('request_id' in problem) marks.push(`${words.requestId}: ${problem.request_id}`)
    const seconds = Number(reply.getHeader('retry-after') ?? 0)
    const wait = seconds > 0 ? waitFor(seconds, language) : null
    const body = html`<p>${text}</p>
${wait}
${waysOn({ ...ways, retry }, problem.reason, words)}
${showsDetail ? html`<p class="quiet" lang="en">${problem.detail}</p>\n` : null}<p class="quiet">${marks.join(' · ')}</p>`
    // If it is only a second or two, there is no countdown.
    const counts = code === 'rate_limited' && wait !== null
    const extras = { style: WAYS_STYLE, ...(counts ? { script: WAIT_SCRIPT } : {}) }
    const { headers, ...page } = renderPage(look, { language, title, body, ...extras })
    const all = { ...headers, vary: varyingBy(reply, 'Accept', 'Accept-Language') }
    return sendPage(reply, { ...page, headers: all })
  }
}

/** The page of a problem that ended a connection before there was a request. */
export const createBareProblemPage =
  (ways: Ways, look: Look) =>
  (code: ErrorCode, acceptLanguage: string | undefined): RenderedPage => {
    const language = pickLanguage(undefined, acceptLanguage)
    const words = texts[language].problem
    const { title, text } = whatHappened(code, words, { isLogin: false, providerName: null })
    const body = html`<p>${text}</p>\n${waysOn(ways, null, words)}`
    return renderPage(look, { language, title, body, style: WAYS_STYLE })
  }

function whatHappened(
  code: ErrorCode,
  words: ProblemTexts,
  { isLogin, providerName }: Pick<RecoveryLinks, 'isLogin' | 'providerName'>,
): { title: string; text: string } {
  const text = words.problems[code]
  return {
    title: isLogin ? words.failed : (words.titles[code] ?? words.failedElsewhere),
    text: typeof text === 'string' ? text : text(providerName ?? words.provider),
  }
}

/**
 * The ways on, the most likely one first; apps without a front page are only named if there is no
 * other way.
 */
function waysOn(
  { retry, signIn, back, apps }: Ways,
  reason: PageReason | null,
  words: ProblemTexts,
) {
  const links: [href: string, text: string][] = []
  if (retry !== null) links.push([retry, words.tryAgain])
  if (signIn !== null && signIn !== retry) {
    links.push([signIn, retry === null && reason === null ? words.signIn : words.otherWays])
  }
  if (back !== null) links.push([back.href, words.backTo(back.client)])
  for (const { client, href } of apps) if (href !== null) links.push([href, words.open(client)])
  const named = apps.filter(({ href }) => href === null).map(({ client }) => client)
  const isNamed = named.length > 0 && (reason === 'direct_answer_off' || links.length === 0)
  return html`<div class="ways">
${links.map(([href, text], place) => way(href, text, place === 0))}
${isNamed ? named.map((name) => html`<p class="app">${name}</p>`) : null}
</div>`
}
