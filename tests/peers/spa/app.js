// The app of the browser tests, on an origin of its own: what a page does with oidc-client-ts, and by hand.
const { latchkey, hint } = window.settings
const { origin } = window.location

/** @param more settings in place of these */
const createManager = (more = {}) =>
  new window.oidc.UserManager({
    authority: latchkey,
    client_id: 'spa',
    redirect_uri: `${origin}/callback`,
    popup_redirect_uri: `${origin}/popup`,
    post_logout_redirect_uri: `${origin}/bye`,
    scope: 'openid profile email account',
    loadUserInfo: true,
    automaticSilentRenew: false,
    userStore: new window.oidc.WebStorageStateStore({ store: window.localStorage }),
    ...more,
  })

const manager = createManager()
/** Goes past the sign-in page and the provider's page. */
const straight = { extraQueryParams: { provider: 'google', login_hint: hint } }

const told = (user) => user && { ...user, state: user.state, expired: user.expired }
const failure = (error) => ({ failed: error.name, message: error.message, error: error.error })

// What each page does when it is opened; the tests await it.
const PAGES = {
  '/callback': () => manager.signinRedirectCallback().then(told),
  '/popup': () => manager.signinPopupCallback(),
  '/bye': () => manager.signoutRedirectCallback().then(({ userState }) => ({ userState })),
}
window.opened = (PAGES[window.location.pathname] ?? (async () => null))().catch(failure)

/** Whether Latchkey still knows an access token. */
window.read = async (token) => {
  const answer = await fetch(`${latchkey}/me`, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, body: await answer.json() }
}

/** Renewed by the library itself, two seconds after the tokens came. */
window.renewByItself = async () => {
  const user = await manager.getUser()
  const renewing = createManager({
    automaticSilentRenew: true,
    accessTokenExpiringNotificationTimeInSeconds: user.expires_in - 2,
  })
  const renewed = new Promise((resolve) => renewing.events.addUserLoaded(resolve))
  await renewing.getUser()
  const next = told(await renewed)
  renewing.stopSilentRenew()
  return next
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/** Signs in by `response_mode=web_message` without any library; `redirectUri` may be another's. */
window.signInByMessage = async (redirectUri = `${origin}/callback`) => {
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))
  const [verifier, state] = [random(), random()]
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const url = new URL(`${latchkey}/login/google`)
  url.search = new URLSearchParams({
    client_id: 'spa',
    redirect_uri: redirectUri,
    response_mode: 'web_message',
    scope: 'openid',
    state,
    code_challenge: base64url(hash),
    code_challenge_method: 'S256',
    login_hint: hint,
  })
  const messages = []
  window.addEventListener('message', ({ origin: from, data }) => messages.push({ from, data }))
  const popup = window.open(url, 'sign-in', 'popup,width=480,height=640')
  while (!popup.closed) await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const [message] = messages
  if (message === undefined || message.from !== latchkey) return { messages }
  const { code, iss, state: back } = message.data.response
  if (back !== state || iss !== latchkey) return { messages }
  const answer = await fetch(`${latchkey}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'spa',
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
    }),
  })
  return { messages, tokens: await answer.json() }
}

/** A request with the cookies of Latchkey; 0 is an answer that the browser keeps from this page. */
window.call = async (path, { method = 'GET', form, json, mode } = {}) => {
  const answer = await fetch(`${latchkey}${path}`, {
    method,
    mode: mode ?? 'cors',
    credentials: 'include',
    body: form ? new URLSearchParams(form) : json && JSON.stringify(json),
    headers: json ? { 'content-type': 'application/json' } : {},
  }).catch(() => null)
  if (answer === null) return { status: 0, body: null }
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
}

/** A form of this page that is sent to Latchkey, as a click on "Sign out" does. */
window.post = (path, fields) => {
  const form = document.createElement('form')
  Object.assign(form, { method: 'post', action: `${latchkey}${path}` })
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
  }
  document.body.append(form)
  form.submit()
}

Object.assign(window, { manager, straight, told, failure })
