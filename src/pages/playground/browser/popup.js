import { authorizationUrl, ORIGIN, Refused } from './client.js'

/** @import { Pending } from './client.js' */

/** The window that a login is under way in. @type {Window | null} */
let popup = null

/** Shows the window again that a login waits for, where there is one. */
export const showPopup = () => popup?.focus()

/**
 * A login in a popup (response_mode=web_message). Call it from a click, or the browser blocks it.
 * @param {Pending} pending
 * @returns {Promise<URLSearchParams>} the authorization response
 */
export function signInByPopup(pending) {
  const opened = window.open(authorizationUrl(pending), 'sign-in', 'popup,width=480,height=720')
  if (opened === null) return Promise.reject(new Refused('popup_blocked'))
  popup = opened
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    const { signal } = controller
    const onMessage = (/** @type {MessageEvent} */ { origin, source, data }) => {
      if (origin !== ORIGIN || source !== opened) return
      if (data?.type !== 'authorization_response') return
      controller.abort()
      resolve(new URLSearchParams(data.response))
    }
    window.addEventListener('message', onMessage, { signal })
    const timer = setInterval(() => {
      if (!opened.closed) return
      clearInterval(timer)
      // The message may still be on its way when the window is gone.
      setTimeout(() => {
        if (signal.aborted) return
        controller.abort()
        reject(new Refused('popup_closed'))
      }, 500)
    }, 200)
    signal.addEventListener('abort', () => clearInterval(timer))
  })
}
