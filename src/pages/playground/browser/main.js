import {
  authorizationUrl,
  call,
  callAs,
  logoutUrl,
  makeSecrets,
  readResponse,
  redeem,
  refresh,
  revoke,
  settings,
} from './client.js'
import { el } from './dom.js'
import { complain, notice, problem, say } from './messages.js'
import { signInByPopup } from './popup.js'
import { sessionsView } from './sessions-view.js'
import { signInView } from './sign-in-view.js'
import { addCopyButtons, toggleReveal } from './snippet-view.js'
import { forget, hold, restore, state } from './state.js'
import { noticeStore, pendingStore } from './store.js'
import { tokensView } from './tokens-view.js'
import { userView } from './user-view.js'

/** @import { Pending } from './client.js' */

const view = el('div')

/** Draws everything anew; the focus stays where it was. */
function render() {
  const focused = document.activeElement?.id ?? ''
  const open = document.querySelector('#id-token[open]') !== null
  const { signedIn, user, sessions, answer, verified, busy } = state
  if (signedIn === null || user === null) {
    view.replaceChildren(signInView({ ...state, signIn: () => act(signIn) }))
  } else {
    const shared = { signedIn, busy }
    view.replaceChildren(
      userView({ ...shared, user, signOut, revoke: () => act(revokeTokens), reveal }),
      tokensView({ ...shared, answer, verified, refresh: () => act(refreshTokens) }),
      sessionsView({
        ...shared,
        sessions,
        end: (id) => act(() => endSessions(`/${id}`)),
        endOthers: () => act(() => endSessions('')),
        again,
      }),
    )
  }
  if (open) document.querySelector('#id-token')?.setAttribute('open', '')
  if (focused !== '') document.getElementById(focused)?.focus({ preventScroll: true })
}

/**
 * Does what a button is for, once at a time, and says what went wrong.
 * @param {() => Promise<unknown>} what
 */
async function act(what) {
  if (state.busy) return
  say()
  state.busy = true
  try {
    await what()
  } catch (error) {
    complain(error)
  }
  state.busy = false
  render()
}

async function signIn() {
  /** @type {Pending} */
  const pending = { ...state.choice, ...state.secrets }
  if (pending.mode !== 'popup') {
    pendingStore.write(pending)
    window.location.assign(authorizationUrl(pending))
    return
  }
  try {
    await finish(await signInByPopup(pending), pending)
  } finally {
    // A state and a verifier are for one login.
    state.secrets = await makeSecrets()
  }
}

/**
 * The authorization response -> tokens -> user.
 * @param {URLSearchParams} response
 * @param {Pending | null} pending
 */
async function finish(response, pending) {
  const code = readResponse(response, pending)
  if (pending === null) return
  const tokens = code === null ? null : await redeem(code, pending)
  const { mode, provider, verifier, nonce } = pending
  await hold({ mode, provider, tokens, code, verifier, nonce })
  render()
  document.getElementById('user-title')?.focus()
  say('Signed in. Everything below comes from real answers.')
}

async function refreshTokens() {
  const { signedIn } = state
  if (signedIn === null) return
  const answer = await refresh(signedIn)
  state.answer = answer
  await hold({ ...signedIn, tokens: signedIn.tokens && { ...signedIn.tokens, ...answer } })
  say('Refreshed: a new access token, and a new refresh token in place of the old one.')
}

/** @param {string} which the end of the path */
async function endSessions(which) {
  if (state.signedIn === null) return
  await callAs(state.signedIn, `/me/sessions${which}`, 'DELETE')
  state.sessions = await callAs(state.signedIn, '/me/sessions')
  say(which === '' ? 'All other sessions are ended.' : 'The session is ended.')
}

async function revokeTokens() {
  if (!state.signedIn?.tokens) return
  await revoke(state.signedIn.tokens)
  forget()
  say('Revoked: the session is over, and its tokens open nothing here any more.')
}

async function signOut() {
  const { signedIn } = state
  if (signedIn === null) return
  // Without an ID token to show, nothing tells /logout whose session a token in this page is.
  if (signedIn.tokens && !signedIn.tokens.id_token) await revoke(signedIn.tokens).catch(() => {})
  forget()
  noticeStore.write('Signed out: the session is over.')
  window.location.assign(logoutUrl(signedIn))
}

function again() {
  const isCookie = state.signedIn?.tokens === null
  forget()
  say(
    isCookie
      ? 'The cookies stay. Sign in by redirect or popup to see both sessions; new cookies would replace this one.'
      : 'The session goes on; this page has put its tokens away. Sign in once more to see both.',
  )
  render()
  document.getElementById('sign-in-title')?.focus()
}

function reveal() {
  toggleReveal()
  render()
}

async function start() {
  addCopyButtons()
  document.getElementById('app')?.replaceChildren(problem, notice, view)
  if (window.location.origin !== settings.publicUrl) {
    const link = el('a', { href: `${settings.publicUrl}/` }, settings.publicUrl)
    notice.append(
      el(
        'p',
        { class: 'notice' },
        'Latchkey is set up for another address (PUBLIC_URL). Open ',
        link,
        '.',
      ),
    )
    return
  }
  const response = new URLSearchParams(window.location.search)
  const isAnswer = ['code', 'error', 'state', 'iss'].some((name) => response.has(name))
  // A code has no place in the history, nor in what is copied from the address bar.
  if (response.size > 0) window.history.replaceState(null, '', '/')
  const farewell = noticeStore.read()
  noticeStore.clear()
  const pending = pendingStore.read()
  pendingStore.clear()
  if (pending !== null) {
    const { provider, mode, hint, openid } = pending
    state.choice = { provider, mode, hint, openid }
  }
  await act(async () => {
    state.secrets = await makeSecrets()
    state.providers = await call('/providers')
    const isListed = state.providers.some(({ id }) => id === state.choice.provider)
    if (!isListed) state.choice.provider = state.providers[0]?.id ?? ''
    if (farewell !== null) say(farewell)
    if (!isAnswer) return restore()
    try {
      await finish(response, pending)
    } catch (error) {
      // Whoever was signed in before a failed login still is.
      await restore().catch(() => {})
      throw error
    }
  })
}

start()
