import {
  authorizationUrl,
  call,
  logoutUrl,
  makeSecrets,
  ORIGIN,
  otherApp,
  REDIRECT_URI,
  readResponse,
  redeem,
  revoke,
  settings,
} from './client.js'
import { el } from './dom.js'
import { complain, messages, say } from './messages.js'
import { showPopup, signInByPopup } from './popup.js'
import { ask, forget, hold, renew, state } from './state.js'
import { mayKeep, noticeStore, pendingStore, signedInStore } from './store.js'
import * as tries from './tries.js'
import { sessionsView } from './views/sessions-view.js'
import { signInView } from './views/sign-in-view.js'
import { addCopyButtons, toggleReveal } from './views/snippet-view.js'
import { tokensView } from './views/tokens-view.js'
import { triesView } from './views/tries-view.js'
import { userView } from './views/user-view.js'
import { followWebhooks, isListening, listen, webhookCard } from './webhooks.js'
import { words } from './words.js'

/** @import { Pending } from './client.js' */

const view = el('div')
let isBusy = false
const webhooks = () => webhookCard(() => act(listen))

/** @type {import('./views/tries-view.js').Deeds} */
const deeds = {
  link: (provider) =>
    act(async () => {
      say(words.notices.popup)
      await tries.link(provider, nameOf(provider))
      say(words.tries.link.done(nameOf(provider)))
    }),
  unlink: (provider) => act(async () => say(await tries.unlink(provider, nameOf(provider)))),
  stale: (provider) => act(() => tries.askStale(provider)),
  fresh: (provider) => act(() => tries.askFresh(provider)),
  disconnect: (provider, persona) => act(() => tries.disconnect(provider, persona)),
  ask: () => {
    tries.asked.remove = true
    render()
    document.getElementById('remove-sure')?.focus()
  },
  remove: () =>
    act(async () => {
      await tries.remove()
      say(words.tries.remove.done)
    }),
  leave: () => {
    forget()
    render()
  },
}

/** @param {string} provider */
const nameOf = (provider) => state.providers.find(({ id }) => id === provider)?.name ?? provider

/** Draws everything anew. What was open stays open; the focus stays, or moves to the nearest heading. */
function render() {
  const { activeElement } = document
  const focused = view.contains(activeElement) ? activeElement : null
  const section = focused?.closest('section')?.getAttribute('aria-labelledby')
  const open = [...view.querySelectorAll('details[open]')].map(({ id }) => id)
  const { signedIn, user, sessions } = state
  if (signedIn === null || user === null) {
    tries.reset()
    view.replaceChildren(signInView({ ...state, signIn: () => act(signIn) }))
    if (isListening()) view.append(el('section', { class: 'card plain' }, webhooks()))
  } else {
    view.replaceChildren(
      userView({
        user,
        signedIn,
        provider: nameOf(signedIn.provider),
        signOut: (isEverywhere) => act(() => signOut(isEverywhere)),
        revoke: () => act(revokeTokens),
        reveal,
      }),
      tokensView({ ...state, signedIn, refresh: () => act(refreshTokens) }),
      sessionsView({
        sessions,
        signedIn,
        end: (id) => act(() => endSessions(`/${id}`)),
        endOthers: () => act(() => endSessions('')),
        again,
      }),
      triesView({ user, signedIn, nameOf, deeds }, webhooks()),
    )
  }
  for (const id of open) document.getElementById(id)?.setAttribute('open', '')
  if (focused === null) return
  ;[focused.id, section, 'sign-in-title']
    .map((id) => document.getElementById(id ?? ''))
    .find((one) => one !== null && !one.matches(':disabled'))
    ?.focus()
}

/**
 * Does what a button is for, once at a time, and says what went wrong.
 * @param {() => Promise<unknown>} what
 */
async function act(what) {
  if (isBusy) return showPopup()
  say()
  isBusy = true
  try {
    await what()
  } catch (error) {
    complain(error)
  }
  isBusy = false
  render()
}

async function signIn() {
  /** @type {Pending} */
  const pending = { ...state.choice, ...state.secrets }
  if (otherApp(pending.app)?.endsHere === false) {
    window.open(authorizationUrl(pending), '_blank', 'noopener')
    return
  }
  // The page that comes back finds what this one has kept of it.
  if (pending.mode !== 'popup') return window.location.assign(authorizationUrl(pending))
  try {
    const answer = signInByPopup(pending)
    say(words.notices.popup)
    await finish(await answer, pending)
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
  pendingStore.clear()
  if (pending === null) return
  const tokens = code === null ? null : await redeem(code, pending)
  const { app, mode, provider, hint, verifier } = pending
  await hold({ app, mode, provider, hint, tokens, code, verifier })
  render()
  document.getElementById('user-title')?.focus()
  say(words.notices.signedIn)
}

async function refreshTokens() {
  await renew()
  if (state.signedIn !== null) await hold(state.signedIn)
  say(words.notices.refreshed)
}

/** @param {string} which the end of the path */
async function endSessions(which) {
  await ask(`/me/sessions${which}`, 'DELETE')
  state.sessions = await ask('/me/sessions')
  say(which === '' ? words.notices.othersEnded : words.notices.sessionEnded)
}

async function revokeTokens() {
  if (!state.signedIn?.tokens) return
  await revoke(state.signedIn.app, state.signedIn.tokens)
  forget()
  say(words.notices.revoked)
}

/** @param {boolean} isEverywhere at the provider too */
async function signOut(isEverywhere) {
  const { signedIn } = state
  if (signedIn === null) return
  const { app, tokens, provider } = signedIn
  const { signedOut, signedOutAt } = words.notices
  // An app that is not registered to come back here from a logout stays.
  const stays = tokens !== null && otherApp(app)?.leavesHere === false
  // Without an ID token to show, nothing tells /logout whose session a token in this page is.
  if (tokens && (stays || !tokens.id_token)) await revoke(app, tokens).catch(() => {})
  forget()
  if (stays) return say(signedOut)
  noticeStore.write(isEverywhere ? signedOutAt(nameOf(provider)) : signedOut)
  window.location.assign(logoutUrl(signedIn, isEverywhere ? `/logout/${provider}` : '/logout'))
}

function again() {
  const isCookie = state.signedIn?.tokens === null
  forget()
  say(isCookie ? words.notices.againByCookie : words.notices.again)
  render()
}

function reveal() {
  toggleReveal()
  render()
}

/** What this tab held before it was loaded again. */
async function restore() {
  const before = signedInStore.read()
  if (before === null) return
  await hold(before)
  if (state.answer !== null) say(words.notices.renewed)
}

async function start() {
  addCopyButtons()
  document.getElementById('app')?.replaceChildren(messages, view)
  if (window.location.origin !== ORIGIN) {
    return say(
      words.notices.elsewhere,
      el('a', { href: `${settings.publicUrl}/` }, settings.publicUrl),
    )
  }
  if (settings.providers.length === 0) return say(words.notices.noProvider)
  if (!mayKeep()) return complain({ code: 'storage_blocked' })
  const response = new URLSearchParams(window.location.search)
  const isAnswer = ['code', 'error', 'state', 'iss'].some((name) => response.has(name))
  // A code has no place in the history, nor in what is copied from the address bar.
  if (response.size > 0) window.history.replaceState(null, '', REDIRECT_URI)
  const farewell = noticeStore.read()
  noticeStore.clear()
  const pending = pendingStore.read()
  pendingStore.clear()
  if (pending !== null) {
    const { app, provider, mode, hint, openid } = pending
    state.choice = { app, provider, mode, hint, openid }
  }
  await act(async () => {
    state.secrets = await makeSecrets()
    state.providers = await call('/providers')
    const isListed = state.providers.some(({ id }) => id === state.choice.provider)
    if (!isListed) state.choice.provider = state.providers[0]?.id ?? ''
    if (farewell !== null) say(farewell)
    await followWebhooks()
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

// A page that Back brings out of the browser's memory shows what was, and the secrets of a login that
// may be used by now.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) window.location.reload()
})
start()
