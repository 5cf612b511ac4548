/** @import { Pending, SignedIn } from './client.js' */

/**
 * What survives a redirect and a reload, in this tab only: never longer, never another tab.
 * @template T
 * @param {string} name
 */
const kept = (name) => ({
  /** @returns {T | null} */
  read: () => JSON.parse(sessionStorage.getItem(`playground ${name}`) ?? 'null'),
  /** @param {T} value */
  write: (value) => sessionStorage.setItem(`playground ${name}`, JSON.stringify(value)),
  clear: () => sessionStorage.removeItem(`playground ${name}`),
})

/** Whether anything may be kept: a browser that blocks cookies refuses this, too. */
export function mayKeep() {
  try {
    sessionStorage.getItem('playground')
    return true
  } catch {
    return false
  }
}

/** The login that is under way. @type {ReturnType<typeof kept<Pending>>} */
export const pendingStore = kept('pending')

/** Who is signed in here. @type {ReturnType<typeof kept<SignedIn>>} */
export const signedInStore = kept('signed in')

/** What to say after coming back from signing out. @type {ReturnType<typeof kept<string>>} */
export const noticeStore = kept('notice')
