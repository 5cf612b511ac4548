import { createHash, randomBytes } from 'node:crypto'
import { type Answer, html } from './http.ts'
import { failures, personas } from './personas.ts'
import type { FaultWords, PlayedProvider } from './provider.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
header{border:3px dashed #b45309;background:#fffbeb;color:#1c1917;padding:0 1rem}
form{display:flex;gap:1rem;align-items:center;margin:.5rem 0}
button{flex:none;width:14rem;height:2.75rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font:inherit}
code{overflow-wrap:anywhere}`

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
  const form = (pick: string, label: string, about: string) =>
    `<form method="get" action="${escapeHtml(action)}">${fields}${hidden(pickedHere, '1')}${hidden('login_hint', pick)}` +
    `<button><bdi>${escapeHtml(label)}</bdi></button><span>${escapeHtml(about)}</span></form>`
  const people = personas.map((one) => form(one.id, one.name, `${one.id}: ${one.about}`))
  const further = Object.entries(played.furtherDenied ?? {})
  const faults = Object.entries<string>(failures)
    .filter(([name]) => played.idTokens || name !== '!forged-id-token')
    .filter(([name]) => !played.withoutProfile || !name.includes('profile'))
    .concat(further.map(([name, query]) => [name, `the person declines: ${query}`]))
    .map(([name, about]) => form(name, name, about))
  return page(
    200,
    `Emulated ${played.name}`,
    `<p>This is not ${escapeHtml(played.name)}. Latchkey’s provider emulator plays it for development
and tests: everybody here is made up.</p>`,
    `<h2>Sign in as</h2>${people.join('\n')}<h2>Or fail</h2>${faults.join('\n')}`,
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
<meta name="viewport" content="width=device-width">
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
