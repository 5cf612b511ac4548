import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import { BUILT_IN_CLIENT, type Client } from '../../core/client/client.ts'
import { defined } from '../../core/defined.ts'
import { type Language, pickLanguage } from '../../core/pages/language.ts'
import { lastProviderCookie } from '../../core/pages/last-provider.ts'
import type { Button, Skin } from '../../core/provider/button.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { texts } from '../../texts/index.ts'
import { type Html, html, lines, trusted } from '../html.ts'
import type { Look } from '../look.ts'
import { renderPage, sendPage } from '../page.ts'
import { findInApp } from './in-app.ts'
import { languageLinks } from './language-links.ts'
import { COPY_SCRIPT, LEAVE_APP_STYLE, type LeaveApp, leaveApp } from './leave-app.ts'

/** A provider as the pages show it. */
export interface ShownProvider {
  id: string
  name: string
  button: Button | null
  refusesWebViews: boolean
  emulated: boolean
}

/**
 * One request for the sign-in page: the client that sent the person here, and its parameters, which
 * are kept.
 */
export interface SignInPage {
  client: Client
  redirectUri: string | null
  asked: AuthorizationRequest
}

const PLAIN: Pick<Button, 'light' | 'dark'> = {
  light: { background: '#ffffff', color: '#1f1f1f', border: '#747775' },
  dark: { background: '#21262d', color: '#e6edf3', border: '#8e918f' },
}

const LIST_STYLE = `
h1, h1 + .lead { text-align: center; text-wrap: balance }
.provider { justify-content: flex-start; gap: .5rem; padding: .5rem min(.875rem, 4vw); font-size: .9375rem }
.provider:hover { border-color: inherit; filter: brightness(.96) }
.mark { flex: none; width: 1.5rem; height: 1.5rem; display: grid; place-items: center }
.mark svg { width: 1.375rem; height: 1.375rem; display: block }
.letter { border: 1.5px solid currentColor; border-radius: 50%; font-size: .8125rem; font-weight: 700 }
.label { flex: 1; padding-right: min(2rem, 8vw); line-height: 1.3 }
@media (max-width: 24rem) { .label { padding-right: min(.75rem, 3vw) } }
.badge { display: block; font-size: .75rem; font-weight: 500; letter-spacing: .02em }
.note { margin: 1rem 0 0; text-align: center; text-wrap: balance }
.languages { display: flex; flex-wrap: wrap; justify-content: center; margin: 1.25rem 0 -1rem }
.languages > * { display: grid; place-items: center; min-height: 2.75rem; padding: 0 .45rem; color: var(--quiet) }
.languages > a { text-decoration-thickness: 1px; text-underline-offset: 3px }
.languages > span { color: var(--text); font-weight: 600 }
@media (forced-colors: active) { .letter { border-color: currentColor } .mark :is(path, rect) { fill: currentColor } }
`

/** Makes the answer to `GET /login`: one link per provider, and no script unless one is needed. */
export function createSignInPage(
  providers: readonly ShownProvider[],
  publicUrl: string,
  look: Look,
) {
  const path = pathOf(publicUrl)
  const lastProviderName = lastProviderCookie(publicUrl)
  const style = LIST_STYLE + providers.map(buttonStyle).join('')

  return (
    { client: sender, redirectUri, asked }: SignInPage,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const query = new URLSearchParams(defined(asked))
    const client = sender.id === BUILT_IN_CLIENT ? null : sender.name
    const lastProvider = request.cookies[lastProviderName]
    const startOver = startOverAt(sender, redirectUri, asked)
    const language = pickLanguage(
      query.get('ui_locales') ?? undefined,
      request.headers['accept-language'],
    )
    const words = texts[language].signIn
    const inApp = findInApp(request.headers['user-agent'], language)
    const search = query.size > 0 ? `?${query}` : ''
    const items = [...providers]
      .sort((a, b) => Number(b.id === lastProvider) - Number(a.id === lastProvider))
      .map((provider) => {
        const href = `${path}/login/${provider.id}${search}`
        const leaving =
          inApp !== null && provider.refusesWebViews
            ? leaveApp({
                provider,
                inApp,
                language,
                target: startOver ?? new URL(href, publicUrl),
                targetApp: startOver === null ? null : client,
                here: new URL(`${publicUrl}/login${search}`),
              })
            : null
        return item({ provider, href, isLast: provider.id === lastProvider, leaving }, language)
      })
    const body = lines([
      client === null ? null : html`<p class="lead">${words.continueTo(client)}</p>`,
      items.length === 0 ? null : html`<ul role="list">\n${items}\n</ul>`,
      providers.length > 0 ? null : html`<p>${words.noProviders}</p>`,
      providers.some((one) => one.emulated)
        ? html`<p class="quiet note">${words.emulatedNote}</p>`
        : null,
      // The chosen language stays with the login.
      languageLinks(language, words.language, (other) => {
        const search = new URLSearchParams(query)
        search.set('ui_locales', other)
        return `${path}/login?${search}`
      }),
    ])
    const leaves = inApp !== null && providers.some((one) => one.refusesWebViews)
    const extras = leaves ? { style: style + LEAVE_APP_STYLE, script: COPY_SCRIPT } : { style }
    const { headers, ...page } = renderPage(look, {
      language,
      title: words.signIn,
      body,
      ...extras,
    })
    const vary = 'Accept, Accept-Language, User-Agent, Cookie'
    return sendPage(reply, { ...page, headers: { ...headers, vary } })
  }
}

/** One provider of the list. */
interface Item {
  provider: ShownProvider
  href: string
  isLast: boolean
  /** Null if this browser can sign in with it. */
  leaving: LeaveApp | null
}

function item({ provider, href, isLast, leaving }: Item, language: Language): Html {
  const { id, name, button, emulated } = provider
  const words = texts[language].signIn
  const mark = button?.mark ?? null
  const icon =
    mark === null
      ? html`<span class="mark letter" aria-hidden="true">${[...name][0] ?? ''}</span>`
      : html`<span class="mark" aria-hidden="true">${trusted(mark)}</span>`
  const facts = [...(isLast ? [words.lastUsed] : []), ...(emulated ? [words.emulated] : [])]
  const badges = [leaving?.badge ?? '', facts.join(' · ')]
    .filter((text) => text !== '')
    .map((text) => html` <span class="badge">${text}</span>`.html)
  const label = html`${button?.labels[language] ?? words.signInWith(name)}${trusted(badges.join(''))}`
  const to = leaving?.href ?? href
  const link = html`<a class="action provider b-${id}" rel="nofollow" href="${to}">${icon}<span class="label">${label}</span></a>`
  return leaving === null ? html`<li>${link}</li>` : html`<li>${link}\n${leaving.below}</li>`
}

function buttonStyle({ id, button }: ShownProvider): string {
  const { light, dark } = button ?? PLAIN
  const rule = ({ background, color, border }: Skin) =>
    `.b-${id}{background:${background};color:${color};border-color:${border}}`
  return `${rule(light)}@media (prefers-color-scheme:dark){${rule(dark)}}\n`
}

/**
 * The front page of the app that sent the person here, if the app keeps its state or PKCE verifier
 * in this browser: to go on in another browser, the login has to start there again.
 */
function startOverAt(
  { url }: Client,
  redirectUri: string | null,
  asked: AuthorizationRequest,
): URL | null {
  const isBound = asked.state !== undefined || asked.code_challenge !== undefined
  if (!isBound || redirectUri === null || !/^https?:/.test(redirectUri)) return null
  return new URL(url ?? '/', redirectUri)
}
