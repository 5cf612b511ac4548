import { createHash, randomBytes } from 'node:crypto'
import { type Answer, html } from './http.ts'
import { failures, personas } from './personas.ts'
import type { FaultWords, PlayedProvider } from './provider.ts'

const style = `
:root{color-scheme:light dark;font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Apple SD Gothic Neo',
'Malgun Gothic','Noto Sans KR','Noto Sans JP',sans-serif;--page:#fff;--text:#1c1917;--soft:#57534e;--edge:#8a837c;
--accent:#92400e;--mark:#fffbeb}
@media (prefers-color-scheme:dark){:root{--page:#171412;--text:#f5f1ec;--soft:#b8b0a7;--edge:#857d75;--accent:#fbbf24;
--mark:#2a2011}}
*{box-sizing:border-box}
body{max-width:46rem;margin:0 auto;padding:1rem;background:var(--page);color:var(--text);overflow-wrap:anywhere}
header{border:3px dashed var(--accent);border-radius:.75rem;background:var(--mark);padding:.75rem 1rem}
h1{margin:0;font-size:1.5rem;line-height:1.25}
h2{margin:1.5rem 0 .5rem;font-size:1.125rem}
p{margin:.5rem 0 0}
ul{list-style:none;margin:0;padding:0;display:grid;gap:.5rem;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr))}
form{height:100%}
button{display:block;width:100%;height:100%;min-height:3rem;padding:.5rem .75rem;font:inherit;text-align:start;color:inherit;
background:none;border:1px solid var(--edge);border-radius:.5rem;cursor:pointer}
button:hover{border-color:var(--accent);background:var(--mark)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.name,.about{display:block}
.name{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.about{color:var(--soft);font-size:.875rem;line-height:1.4}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875rem}
`

/** Marks a request that the page's own form sends, in which a browser writes a space as `+`. */
export const pickedHere = 'picked_here'

const submitting = 'document.forms[0].submit()'
const submittingHash = `sha256-${createHash('sha256').update(submitting).digest('base64')}`

/** The page on which somebody picks who signs in, or what goes wrong. */
export function pickPage(
  played: PlayedProvider,
  action: string,
  request: Readonly<Record<string, string>>,
): Answer {
  const own = [...hintsOf(played), pickedHere]
  const kept = Object.entries(request).filter(([name]) => !own.includes(name))
  const fields = kept.map(([name, value]) => hidden(name, value)).join('')
  const form = (pick: string, name: string, about: string) =>
    `<li><form method="get" action="${escapeHtml(action)}">${fields}${hidden(pickedHere, '1')}${hidden('login_hint', pick)}` +
    `<button><span class="name">${name}</span> <span class="about">${escapeHtml(about)}</span></button></form></li>`
  const list = (id: string, title: string, forms: readonly string[]) =>
    `<h2 id="${id}">${title}</h2>\n<ul aria-labelledby="${id}">\n${forms.join('\n')}\n</ul>`
  const people = personas.map(({ id, name, locale, about }) =>
    form(id, `<bdi lang="${locale}">${escapeHtml(name)}</bdi>`, `${id}: ${about}`),
  )
  const further = Object.entries(played.furtherDenied ?? {})
  const faults = Object.entries<string>(failures)
    .filter(([name]) => played.idTokens || name !== '!forged-id-token')
    .filter(([name]) => !played.withoutProfile || !name.includes('profile'))
    .concat(further.map(([name, query]) => [name, `the person declines: ${query}`]))
    .map(([name, about]) => form(name, `<code>${escapeHtml(name)}</code>`, about))
  return page(
    200,
    `Emulated ${played.name}`,
    `<p>This is not ${escapeHtml(played.name)}. Latchkey’s provider emulator plays it for development
and tests: everybody here is made up, and no password is needed.</p>`,
    `${list('people', 'Sign in as', people)}\n${list('failures', 'Or fail', faults)}`,
  )
}

/** The page of an authorization request that is refused without a redirect. */
export function faultPage(played: PlayedProvider, fault: FaultWords, detail: string): Answer {
  return page(
    fault.status,
    `Emulated ${played.name}: error`,
    `<p><strong>${escapeHtml(fault.code)}</strong> ${escapeHtml(fault.text)}</p>`,
    `<p><code>${escapeHtml(detail)}</code></p>`,
  )
}

/** The page that posts a callback's parameters to the app by itself (OAuth form post mode). */
export function postingPage(
  played: PlayedProvider,
  uri: string,
  values: readonly (readonly [string, string])[],
): Answer {
  const fields = values.map(([name, value]) => hidden(name, value)).join('')
  return page(
    200,
    `Emulated ${played.name}`,
    '<p>Back to the app.</p>',
    `<form method="post" action="${escapeHtml(uri)}">${fields}<button>Continue</button></form>
<script>${submitting}</script>`,
    `script-src '${submittingHash}'; `,
  )
}

/** The names of the parameters that pick a persona or a failure. */
export function hintsOf(played: PlayedProvider): readonly string[] {
  return played.hints ?? ['login_hint']
}

/** Text that is safe inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"'\0]/g,
    (found) => `&#${found === '\0' ? 0xfffd : found.charCodeAt(0)};`,
  )
}

function page(status: number, title: string, notice: string, rest: string, script = ''): Answer {
  const nonce = randomBytes(16).toString('base64')
  const answer = html(
    status,
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>${notice}</header>
<main>${rest}</main>
</body>
</html>
`,
  )
  // No form-action: browsers hold it against the whole chain of redirects back to the app.
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; ${script}base-uri 'none'; frame-ancestors 'none'`
  return { ...answer, headers: { ...answer.headers, 'content-security-policy': policy } }
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`
}
