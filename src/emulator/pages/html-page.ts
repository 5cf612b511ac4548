import { randomBytes } from 'node:crypto'
import { type Answer, html } from '../http.ts'
import type { Speaker } from './language.ts'

const style = `
:root{color-scheme:light dark;font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto, sans-serif;--page:#fff;--text:#1c1917;--soft:#57534e;--edge:#8a837c;
--accent:#92400e;--mark:#fffbeb}
@media (prefers-color-scheme:dark){:root{--page:#171412;--text:#f5f1ec;--soft:#b8b0a7;--edge:#857d75;--accent:#fbbf24;
--mark:#2a2011}}
*{box-sizing:border-box}
:lang(ko){word-break:keep-all}
body{max-width:46rem;margin:0 auto;padding:1rem;background:var(--page);color:var(--text);overflow-wrap:anywhere}
header{border:3px dashed var(--accent);border-radius:.75rem;background:var(--mark);padding:.75rem 1rem}
h1,.badge{margin:0}
h1{font-size:1.5rem;line-height:1.25}
h2{margin:1.5rem 0 .5rem;font-size:1.125rem}
h3{margin:1rem 0 .5rem;font-size:1rem}
.badge{color:var(--accent);font-size:.875rem;font-weight:700;letter-spacing:.05em}
a{color:var(--accent)}
select{font:inherit;min-height:2.75rem;max-width:100%;margin:0 0 .5rem;padding:.25rem .5rem}
label,select,summary{display:block}
summary{display:list-item;min-height:2.75rem;padding:.5rem 0;cursor:pointer}
pre{white-space:pre-wrap;margin:0;padding:.75rem;border:1px solid var(--edge);border-radius:.5rem}
p{margin:.5rem 0 0}
main>ul:first-child{margin-top:1rem}
ul{list-style:none;margin:0;padding:0;display:grid;gap:.5rem;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr))}
form{height:100%}
button{display:flex;flex-direction:column;width:100%;height:100%;min-height:3rem;padding:.5rem .75rem;font:inherit;text-align:start;color:inherit;
background:none;border:1px solid var(--edge);border-radius:.5rem;cursor:pointer}
button:hover{border-color:var(--accent);background:var(--mark)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.name,.about{display:block}
.name{font-weight:600;line-height:1.4}
.name bdi{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
.about{color:var(--soft);font-size:.875rem;line-height:1.4}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875rem}
`

/** What a page is made of; `notice` and `rest` are HTML. */
export interface PageParts {
  status: number
  title: string
  notice: string
  rest: string
  /** A directive of the policy for the page's own script. */
  script?: string
}

/** A page of the emulator, marked so that nobody takes it for the provider's. */
export function htmlPage({ language, words }: Speaker, parts: PageParts): Answer {
  const { status, title, notice, rest, script = '' } = parts
  const nonce = randomBytes(16).toString('base64')
  const answer = html(
    status,
    `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<header><p class="badge">${words.badge}</p><h1>${escapeHtml(title)}</h1>${notice}</header>
<main>${rest}</main>
</body>
</html>
`,
  )
  // No form-action: browsers hold it against the whole chain of redirects back to the app.
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; ${script}base-uri 'none'; frame-ancestors 'none'`
  const headers = { 'content-security-policy': policy, vary: 'accept-language' }
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

/** Text that is safe inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"'\0]/g,
    (found) => `&#${found === '\0' ? 0xfffd : found.charCodeAt(0)};`,
  )
}

/** A field of a form that is not shown. */
export function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`
}

/** A button's words: what it does, and a line about it. */
export function buttonText(nameHtml: string, about: string): string {
  return `<span class="name">${nameHtml}</span> <span class="about">${escapeHtml(about)}</span>`
}
