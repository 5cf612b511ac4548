import { ORIGIN, redirectUriOf, settings } from '../client.js'
import { words } from '../words.js'

/**
 * @import { SignedIn } from '../client.js'
 * @typedef {{ label: string, text: string, note?: string }} Variant
 * @typedef {{ title: string, heard?: string, path: string, note?: string, variants: Variant[], secrets: string[] }} Snippet `heard`: its title where there are others of the same
 */

// No comments in what a shell gets: that of macOS takes them for commands.

/** A text for a shell. @param {string} text */
export const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`
/** A text for a script. @param {string} text */
export const js = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
/** An address of Latchkey. @param {string} path */
export const at = (path) => `${settings.publicUrl}${path}`
/** @param {string} provider */
export const isEmulated = (provider) => settings.emulated.includes(provider)

/** A jar of one's own: no program can read the cookies of a browser. */
export const JAR = '-c jar -b jar'

/**
 * A login of curl's own, as the persona that was chosen.
 * @param {{ app: string, provider: string, hint: string }} of
 */
export const cookieLogin = ({ app, provider, hint }) => {
  const query = new URLSearchParams({
    client_id: app,
    redirect_uri: redirectUriOf(app),
    response_mode: 'cookie',
    login_hint: hint || 'minji',
  })
  return `curl -sL -o /dev/null ${JAR} ${quote(`${at(`/login/${provider}`)}?${query}`)}`
}

/**
 * curl by cookie; it signs in by itself where nobody has to be asked.
 * @param {SignedIn} signedIn
 * @param {string} options
 * @param {string} rest
 * @returns {Variant}
 */
export function curlByCookie(signedIn, options, rest) {
  if (isEmulated(signedIn.provider)) {
    const text = `${cookieLogin(signedIn)}\ncurl -s${options} ${JAR} ${rest}`
    return { label: 'curl', text, note: words.snippets.jarNote }
  }
  const cookies = quote('latchkey-access=…; latchkey-refresh=…')
  const text = `curl -s${options} -b ${cookies} ${rest}`
  return { label: 'curl', text, note: words.snippets.cookieNote }
}

/** With cookies, what changes something needs an origin. */
export const origin = () => ` -H ${quote(`Origin: ${ORIGIN}`)}`
