import { authorizationUrl, ORIGIN, otherApp, redirectUriOf, settings } from '../client.js'
import { words } from '../words.js'
import { at, cookieLogin, isEmulated, JAR, js, quote } from './snippet-parts.js'

/**
 * @import { Pending } from '../client.js'
 * @import { Snippet } from './snippet-parts.js'
 */

/**
 * The request that starts a login.
 * @param {Pending} pending
 * @returns {Snippet}
 */
export function startSnippet(pending) {
  const url = authorizationUrl(pending)
  return {
    title: words.snippets.start,
    path: `GET /login/${pending.provider}`,
    variants: [
      { label: 'JavaScript', text: startScript(pending, url) },
      { label: 'URL', text: url },
      { label: 'curl', ...startCommand(pending, url) },
    ],
    secrets: [],
  }
}

/**
 * The exchange of a code that another app was given: its secret, where it has one, is its own.
 * @param {Pending} pending
 * @returns {Snippet}
 */
export function appCodeSnippet({ app, verifier }) {
  const auth = otherApp(app)?.isPublic ? '' : ` -u ${quote(`${app}:`)}"$CLIENT_SECRET"`
  const form = {
    grant_type: 'authorization_code',
    client_id: app,
    redirect_uri: redirectUriOf(app),
    code_verifier: verifier,
  }
  const data = Object.entries(form).map(
    ([name, value]) => ` \\\n  --data-urlencode ${quote(`${name}=${value}`)}`,
  )
  return {
    title: words.snippets.code,
    path: 'POST /token',
    variants: [
      {
        label: 'curl',
        text: `curl -s${auth} ${quote(at('/token'))}${data.join('')} \\\n  --data-urlencode "code=$CODE"`,
      },
    ],
    secrets: [],
  }
}

/**
 * @param {Pending} pending
 * @param {string} url
 */
function startScript({ mode, state }, url) {
  if (mode !== 'popup') return `location.assign(${js(url)})`
  return `const popup = window.open(
  ${js(url)},
  'sign-in', 'popup,width=480,height=720')
addEventListener('message', ({ origin, source, data }) => {
  if (origin !== ${js(ORIGIN)} || source !== popup) return
  const { code, error, state, iss } = data.response
  if (state !== ${js(state)}) throw new Error('state')
  if (iss !== ${js(settings.publicUrl)}) throw new Error('iss')
  console.log(error ?? code)
})`
}

/**
 * @param {Pending} pending
 * @param {string} url
 * @returns {{ text: string, note: string }}
 */
function startCommand(pending, url) {
  const { app, provider, mode, hint } = pending
  if (!isEmulated(provider) || otherApp(app) !== undefined) {
    const text = `curl -s -o /dev/null -w '%{redirect_url}\\n' ${quote(url)}`
    return { text, note: words.snippets.startPersonNote }
  }
  if (mode === 'cookie') {
    const text = `${cookieLogin(pending)}\ncurl -s ${JAR} ${quote(at('/me'))}`
    return { text, note: words.snippets.jarNote }
  }
  const direct = `${at(`/login/${provider}`)}?login_hint=${encodeURIComponent(hint || 'minji')}`
  return { text: `curl -sL ${JAR} ${quote(direct)}`, note: words.snippets.startNote }
}
