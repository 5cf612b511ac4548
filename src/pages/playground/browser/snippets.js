import { authorizationUrl, CLIENT_ID, logoutUrl, REDIRECT_URI, settings } from './client.js'

/**
 * @import { Pending, SignedIn } from './client.js'
 * @typedef {{ label: string, text: string }} Variant
 * @typedef {{ title: string, path: string, note?: string, variants: Variant[], secrets: string[] }} Snippet
 */

/** @param {string} text */
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`
/** @param {string} text */
const js = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
/** @param {string} path */
const at = (path) => `${settings.publicUrl}${path}`

/** A jar of one's own: no program can read the cookies of a browser. */
const JAR = '-c jar -b jar'

/**
 * The request that starts a login.
 * @param {Pending} pending
 * @returns {Snippet}
 */
export function startSnippet(pending) {
  const url = authorizationUrl(pending)
  const isEmulated = settings.emulated.includes(pending.provider)
  const plain = `${at(`/login/${pending.provider}`)}?login_hint=${encodeURIComponent(pending.hint || 'minji')}`
  const curl = isEmulated
    ? `# without a client of its own, curl gets the tokens at once\ncurl -sL ${JAR} ${quote(plain)}`
    : `# where the browser is sent; a person has to go on from there\ncurl -s -o /dev/null -w '%{redirect_url}\\n' ${quote(url)}`
  const cookieCurl = `curl -sL -o /dev/null ${JAR} ${quote(`${at(`/login/${pending.provider}`)}?${new URLSearchParams({ client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, response_mode: 'cookie', login_hint: pending.hint || 'minji' })}`)}`
  const script =
    pending.mode === 'popup'
      ? `const popup = window.open(\n  ${js(url)},\n  'sign-in', 'popup,width=480,height=680')\naddEventListener('message', ({ origin, source, data }) => {\n  if (origin !== ${js(settings.publicUrl)} || source !== popup) return\n  const { code, state, iss, error } = data.response // check state and iss first\n})`
      : `// keep state and code_verifier in sessionStorage, then\nlocation.assign(${js(url)})`
  return {
    title: 'Start a login',
    path: `GET /login/${pending.provider}`,
    variants: [
      { label: 'browser', text: script },
      { label: 'URL', text: url },
      { label: 'curl', text: pending.mode === 'cookie' && isEmulated ? cookieCurl : curl },
    ],
    secrets: [],
  }
}

/**
 * A call as the user, by token or cookie.
 * @param {SignedIn} signedIn
 * @param {string} title
 * @param {string} path
 * @param {string} [method]
 * @returns {Snippet}
 */
export function userSnippet({ tokens }, title, path, method = 'GET') {
  const verb = method === 'GET' ? '' : ` -X ${method}`
  const token = tokens?.access_token ?? ''
  const login = `${at('/login/')}…`
  const options = [
    ...(method === 'GET' ? [] : [`  method: ${js(method)},`]),
    tokens === null
      ? "  credentials: 'include',"
      : `  headers: { Authorization: ${js(`Bearer ${token}`)} },`,
  ].join('\n')
  const origin =
    tokens === null && method !== 'GET' ? ` -H ${quote(`Origin: ${settings.publicUrl}`)}` : ''
  return {
    title,
    path: `${method} ${path}`,
    variants: [
      {
        label: 'curl',
        text:
          tokens === null
            ? `# with a jar that a login of curl’s own has filled (${login})\ncurl -s${verb} ${JAR}${origin} ${quote(at(path))}`
            : `curl -s${verb} ${quote(at(path))} \\\n  -H ${quote(`Authorization: Bearer ${token}`)}`,
      },
      {
        label: 'fetch',
        text: `const answer = await fetch(${js(at(path))}, {\n${options}\n})\nconsole.log(${method === 'GET' ? 'await answer.json()' : 'answer.status'})`,
      },
    ],
    secrets: [token],
  }
}

/**
 * A form that is posted.
 * @param {string} title
 * @param {string} path
 * @param {Record<string, string>} form
 * @param {{ note?: string, secrets?: string[], cookies?: boolean }} [more]
 * @returns {Snippet}
 */
function formSnippet(title, path, form, { note, secrets = [], cookies = false } = {}) {
  const fields = Object.entries(form)
  const jar = cookies ? ` ${JAR} -H ${quote(`Origin: ${settings.publicUrl}`)}` : ''
  const data = fields.map(([name, value]) => ` \\\n  --data-urlencode ${quote(`${name}=${value}`)}`)
  const body = fields.map(([name, value]) => `    ${name}: ${js(value)},\n`).join('')
  const credentials = cookies ? "  credentials: 'include',\n" : ''
  return {
    title,
    path: `POST ${path}`,
    ...(note === undefined ? {} : { note }),
    variants: [
      { label: 'curl', text: `curl -s${jar} ${quote(at(path))}${data.join('')}` },
      {
        label: 'fetch',
        text: `const answer = await fetch(${js(at(path))}, {\n  method: 'POST',\n${credentials}  body: new URLSearchParams({\n${body}  }),\n})\nconsole.log(answer.status, await answer.text())`,
      },
    ],
    secrets,
  }
}

/**
 * @param {SignedIn} signedIn
 * @returns {Snippet | null}
 */
export const codeSnippet = ({ code, verifier }) =>
  code === null
    ? null
    : formSnippet(
        'Swap the code for tokens',
        '/token',
        {
          grant_type: 'authorization_code',
          client_id: CLIENT_ID,
          redirect_uri: REDIRECT_URI,
          code,
          code_verifier: verifier,
        },
        {
          note: 'This page has done it. A code counts once: shown again, it is refused.',
          secrets: [code, verifier],
        },
      )

/** @param {SignedIn} signedIn */
export const refreshSnippet = ({ tokens }) =>
  formSnippet(
    'Refresh',
    '/token',
    {
      grant_type: 'refresh_token',
      ...(tokens === null ? {} : { client_id: CLIENT_ID, refresh_token: tokens.refresh_token }),
    },
    {
      cookies: tokens === null,
      secrets: [tokens?.refresh_token ?? ''],
      ...(tokens === null
        ? {}
        : {
            note: 'Each refresh token counts once. Run this elsewhere and the next refresh here is taken for theft: the session ends.',
          }),
    },
  )

/** @param {SignedIn} signedIn */
export const revokeSnippet = ({ tokens }) =>
  tokens === null
    ? null
    : formSnippet(
        'Revoke',
        '/revoke',
        { client_id: CLIENT_ID, token: tokens.refresh_token },
        { secrets: [tokens.refresh_token] },
      )

/**
 * @param {SignedIn} signedIn
 * @returns {Snippet}
 */
export function logoutSnippet(signedIn) {
  const url = logoutUrl(signedIn)
  const jar = signedIn.tokens === null ? ` ${JAR}` : ''
  return {
    title: 'Sign out',
    path: 'GET /logout',
    variants: [
      { label: 'browser', text: `location.assign(${js(url)})` },
      {
        label: 'curl',
        text: `curl -s${jar} -o /dev/null -w '%{http_code} %{redirect_url}\\n' ${quote(url)}`,
      },
    ],
    secrets: [signedIn.tokens?.id_token ?? ''],
  }
}
