import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Button, Skin } from '../core/button.ts'
import { COPY_SCRIPT, findWayOut, type WayOut } from './in-app.ts'
import { type Language, pickLanguage } from './language.ts'
import { languageLinks } from './language-links.ts'
import { asPage, escapeHtml, page } from './page.ts'
import { type SignInTexts, signInTexts } from './sign-in-texts.ts'

/** A provider as the pages show it. */
export interface ShownProvider {
  id: string
  name: string
  button: Button | null
  refusesWebViews: boolean
  emulated: boolean
}

/** One request for the sign-in page. */
export interface SignInPage {
  /** The client's parameters, to be kept. */
  query: URLSearchParams
  /** The registered client that sent the person here, by its name. */
  client: string | null
  /** The provider that this browser used last, if it is one of ours. */
  lastProvider: string | undefined
  /** Where an app's own browser is left to. */
  outside: URL
}

const PLAIN: Button = {
  light: { background: '#ffffff', color: '#1f1f1f', border: '#747775' },
  dark: { background: '#21262d', color: '#e6edf3', border: '#8e918f' },
  mark: null,
  labels: { en: '', ko: '', ja: '' },
}

const LIST_STYLE = `
h1, h1 + .lead { text-align: center; text-wrap: balance }
.provider { justify-content: flex-start; gap: .5rem; padding: .5rem .875rem; font-size: .9375rem }
.provider:hover { border-color: inherit; filter: brightness(.96) }
.mark { flex: none; width: 1.5rem; height: 1.5rem; display: grid; place-items: center }
.mark svg { width: 1.375rem; height: 1.375rem; display: block }
.letter { border: 1.5px solid currentColor; border-radius: 50%; font-size: .8125rem; font-weight: 700 }
.label { flex: 1; padding-right: 2rem; line-height: 1.3; word-break: keep-all }
@media (max-width: 24rem) { .label { padding-right: .75rem } }
.badge { display: block; font-size: .75rem; font-weight: 500; letter-spacing: .02em }
.way-out { margin: 1.5rem 0 0; padding: 1rem; border: 1px solid var(--line); border-radius: .75rem }
.way-out input { width: 100%; min-height: 2.75rem; margin: .5rem 0; padding: 0 .75rem; font: inherit; color: var(--text);
  background: var(--page); border: 1px solid var(--quiet); border-radius: .5rem }
.way-out button { width: 100% }
.way-out > :first-child { margin-top: 0 }
.way-out [role=status] { margin: 0; text-align: center; font-weight: 600 }
.way-out [role=status]:not(:empty) { margin-top: .5rem }
.note { margin: 1rem 0 0; text-align: center; text-wrap: balance }
.languages { display: flex; flex-wrap: wrap; justify-content: center; margin: 1.25rem 0 -1rem }
.languages > * { display: grid; place-items: center; min-height: 2.75rem; padding: 0 .625rem; color: var(--quiet) }
.languages > a { text-decoration-thickness: 1px; text-underline-offset: 3px }
.languages > span { color: var(--text); font-weight: 600 }
@media (forced-colors: active) { .letter { border-color: currentColor } }
`

/** Makes the answer to `GET /login`: one link per provider, no script where none is needed. */
export function createSignInPage(providers: readonly ShownProvider[]) {
  const style = LIST_STYLE + providers.map(buttonStyle).join('')

  return (
    { query, client, lastProvider, outside }: SignInPage,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(
      query.get('ui_locales') ?? undefined,
      request.headers['accept-language'],
    )
    const words = signInTexts[language]
    const wayOut = findWayOut(request.headers['user-agent'], outside)
    const refused = wayOut === null ? [] : providers.filter((one) => one.refusesWebViews)
    const offered = providers
      .filter((one) => !refused.includes(one))
      .sort((a, b) => Number(b.id === lastProvider) - Number(a.id === lastProvider))
    const search = query.size > 0 ? `?${query}` : ''
    const links = offered.map((provider) =>
      link(provider, language, search, provider.id === lastProvider),
    )
    const body = [
      client === null ? '' : `<p class="lead">${escapeHtml(words.continueTo(client))}</p>`,
      links.length > 0 ? `<ul>\n${links.join('\n')}\n</ul>` : '',
      wayOut === null || refused.length === 0 ? '' : leaveApp(wayOut, refused, words),
      providers.length === 0 ? `<p>${escapeHtml(words.noProviders)}</p>` : '',
      offered.some((one) => one.emulated)
        ? `<p class="quiet note">${escapeHtml(words.emulatedNote)}</p>`
        : '',
      // The choice stays with the login.
      languageLinks(language, words.language, (other) => {
        const search = new URLSearchParams(query)
        search.set('ui_locales', other)
        return `/login?${search}`
      }),
    ]
    const needsScript = refused.length > 0 && wayOut !== null && 'copy' in wayOut
    const extras = { style, ...(needsScript ? { script: COPY_SCRIPT } : {}) }
    const html = page(language, words.signIn, body.filter(Boolean).join('\n'), extras)
    return asPage(reply, language, extras)
      .header('vary', 'Accept, Accept-Language, User-Agent, Cookie')
      .send(html)
  }
}

function link(provider: ShownProvider, language: Language, search: string, isLast: boolean) {
  const { id, name, button, emulated } = provider
  const words = signInTexts[language]
  const mark = button?.mark ?? null
  const icon =
    mark === null
      ? `<span class="mark letter" aria-hidden="true">${escapeHtml([...name][0] ?? '')}</span>`
      : `<span class="mark" aria-hidden="true">${mark}</span>`
  const badges = [...(isLast ? [words.lastUsed] : []), ...(emulated ? [words.emulated] : [])]
  const badge =
    badges.length === 0 ? '' : ` <span class="badge">${escapeHtml(badges.join(' · '))}</span>`
  const label = escapeHtml(button?.labels[language] ?? words.signInWith(name))
  const href = escapeHtml(`/login/${id}${search}`)
  return `<li><a class="action provider b-${id}" rel="nofollow" href="${href}">${icon}<span class="label">${label}${badge}</span></a></li>`
}

/** The way out of an app's own browser, for the providers that refuse it. */
function leaveApp(wayOut: WayOut, refused: readonly ShownProvider[], words: SignInTexts): string {
  const names = refused.map(({ name }) => name).join(', ')
  const why = `<p>${escapeHtml(words.notInside(names, wayOut.app))}</p>`
  const how =
    'href' in wayOut
      ? `<a class="action" rel="nofollow" href="${escapeHtml(wayOut.href)}">${escapeHtml(words.openBrowser)}</a>`
      : `<label class="quiet" for="address">${escapeHtml(words.address)}</label>
<input id="address" type="url" dir="ltr" readonly value="${escapeHtml(wayOut.copy)}">
<button id="copy" class="action" type="button" hidden data-done="${escapeHtml(words.copied)}">${escapeHtml(words.copy)}</button>
<p id="copied" role="status"></p>`
  return `<div class="way-out">\n${why}\n${how}\n</div>`
}

function buttonStyle({ id, button }: ShownProvider): string {
  const { light, dark } = button ?? PLAIN
  const rule = ({ background, color, border }: Skin) =>
    `.b-${id}{background:${background};color:${color};border-color:${border}}`
  return `${rule(light)}@media (prefers-color-scheme:dark){${rule(dark)}}\n`
}
