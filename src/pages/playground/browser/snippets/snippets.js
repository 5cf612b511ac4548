import { logoutUrl, redirectUriOf } from '../client.js'
import { words } from '../words.js'
import { at, curlByCookie, isEmulated, js, origin, quote } from './snippet-parts.js'

/**
 * @import { SignedIn } from '../client.js'
 * @import { Snippet } from './snippet-parts.js'
 */

/**
 * A call as the user, by token or cookie.
 * @param {SignedIn} signedIn
 * @param {string} title
 * @param {string} path
 * @param {string} [method]
 * @returns {Snippet}
 */
export function userSnippet(signedIn, title, path, method = 'GET') {
  const { tokens } = signedIn
  const isRead = method === 'GET'
  const verb = isRead ? '' : ` -X ${method}`
  const bearer = `Bearer ${tokens?.access_token}`
  const url = at(path)
  const init = [
    ...(isRead ? [] : [`method: ${js(method)}`]),
    tokens === null ? "credentials: 'include'" : `headers: { Authorization: ${js(bearer)} }`,
  ]
  return {
    title,
    path: `${method} ${path}`,
    variants: [
      tokens === null
        ? curlByCookie(signedIn, verb + (isRead ? '' : origin()), quote(url))
        : {
            label: 'curl',
            text: `curl -s${verb} ${quote(url)} \\\n  -H ${quote(`Authorization: ${bearer}`)}`,
          },
      {
        label: 'fetch',
        text: `const answer = await fetch(${js(url)}, {\n${init.map((one) => `  ${one},\n`).join('')}})\nconsole.log(${isRead ? 'await answer.json()' : 'answer.status'})`,
      },
    ],
    secrets: [tokens?.access_token ?? ''],
  }
}

/**
 * The end of another session. Of a person chosen on the provider's page curl's own login knows nothing,
 * so by cookie this is for the browser then.
 * @param {SignedIn} signedIn
 * @param {string} id
 * @returns {Snippet}
 */
export function endOneSnippet(signedIn, id) {
  const snippet = userSnippet(
    signedIn,
    words.snippets.endOne,
    `/me/sessions/${encodeURIComponent(id)}`,
    'DELETE',
  )
  const { tokens, provider, hint } = signedIn
  const isAnothers = tokens === null && isEmulated(provider) && hint === ''
  return isAnothers ? { ...snippet, variants: snippet.variants.slice(1) } : snippet
}

/**
 * A form that is posted.
 * @param {SignedIn} signedIn
 * @param {{ title: string, path: string, form: Record<string, string>, note?: string, secrets?: string[], token?: string }} options `token`: where it is a call as the user
 * @returns {Snippet}
 */
export function formSnippet(signedIn, { title, path, form, secrets = [], token, ...more }) {
  const isCookie = signedIn.tokens === null
  const fields = Object.entries(form)
  const data = fields.map(([name, value]) => ` \\\n  --data-urlencode ${quote(`${name}=${value}`)}`)
  const body = fields.map(([name, value]) => `    ${name}: ${js(value)},\n`).join('')
  const credentials = isCookie ? "  credentials: 'include',\n" : ''
  const bearer = token === undefined ? null : `Bearer ${token}`
  const header = bearer === null ? '' : ` \\\n  -H ${quote(`Authorization: ${bearer}`)}`
  const headers = bearer === null ? '' : `  headers: { Authorization: ${js(bearer)} },\n`
  const rest = `${quote(at(path))}${header}${data.join('')}`
  return {
    title,
    path: `POST ${path}`,
    ...more,
    variants: [
      isCookie
        ? curlByCookie(signedIn, origin(), rest)
        : { label: 'curl', text: `curl -s ${rest}` },
      {
        label: 'fetch',
        text: `const answer = await fetch(${js(at(path))}, {\n  method: 'POST',\n${credentials}${headers}  body: new URLSearchParams({\n${body}  }),\n})\nconsole.log(answer.status, await answer.text())`,
      },
    ],
    secrets,
  }
}

/**
 * @param {SignedIn} signedIn
 * @returns {Snippet | null}
 */
export function codeSnippet(signedIn) {
  const { app, code, verifier } = signedIn
  if (code === null) return null
  return formSnippet(signedIn, {
    title: words.snippets.code,
    path: '/token',
    form: {
      grant_type: 'authorization_code',
      client_id: app,
      redirect_uri: redirectUriOf(app),
      code,
      code_verifier: verifier,
    },
    note: words.snippets.codeNote,
    secrets: [code, verifier],
  })
}

/** @param {SignedIn} signedIn */
export function refreshSnippet(signedIn) {
  const token = signedIn.tokens?.refresh_token
  return formSnippet(signedIn, {
    title: words.snippets.refresh,
    path: '/token',
    form: {
      grant_type: 'refresh_token',
      ...(token === undefined ? {} : { client_id: signedIn.app, refresh_token: token }),
    },
    ...(token === undefined ? {} : { note: words.snippets.refreshNote, secrets: [token] }),
  })
}

/** @param {SignedIn} signedIn */
export function revokeSnippet(signedIn) {
  const token = signedIn.tokens?.refresh_token
  if (token === undefined) return null
  return formSnippet(signedIn, {
    title: words.snippets.revoke,
    path: '/revoke',
    form: { client_id: signedIn.app, token },
    secrets: [token],
  })
}

/**
 * Null where neither an ID token nor a cookie says whose session to end.
 * @param {SignedIn} signedIn
 * @param {string} title
 * @param {'/logout' | `/logout/${string}`} path
 * @returns {Snippet | null}
 */
export function logoutSnippet(signedIn, title, path) {
  const { tokens } = signedIn
  if (tokens !== null && tokens.id_token === undefined) return null
  const url = logoutUrl(signedIn, path)
  const answer = " -o /dev/null -w '%{http_code} %{redirect_url}\\n'"
  return {
    title,
    path: `GET ${path}`,
    variants: [
      { label: 'JavaScript', text: `location.assign(${js(url)})` },
      tokens === null
        ? curlByCookie(signedIn, answer, quote(url))
        : { label: 'curl', text: `curl -s${answer} ${quote(url)}` },
    ],
    secrets: [tokens?.id_token ?? ''],
  }
}
