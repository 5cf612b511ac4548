/** At most this many code points of a name are kept. */
const MAX_NAME = 255

// Control characters, and marks that change the direction of the text after them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text that needs no cleaning: visible ASCII, with spaces inside. */
const CLEAN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/**
 * A text from outside as it may be stored and shown: well-formed Unicode without control and
 * direction-override characters, trimmed, at most 255 code points; null if nothing is left.
 */
export function cleanText(text: string | null | undefined, maxCodePoints = MAX_NAME) {
  if (typeof text !== 'string') return null
  if (text.length <= maxCodePoints && CLEAN.test(text)) return text
  // Cut roughly first, so that a huge text costs little; a code point is at most two code units.
  const rough = text
    .slice(0, maxCodePoints * 8)
    .toWellFormed()
    .replace(UNSAFE, '')
    .trim()
  const cleaned = [...rough].slice(0, maxCodePoints).join('').trim()
  return cleaned === '' ? null : cleaned
}

/** The name of an app or a provider as pages show it, with at most 80 characters. */
export const shownName = (text: string | undefined) => cleanText(text, 80)

/** Lower-cases ASCII letters only: `ı`, `ß` or a fullwidth letter never turns into another. */
export function asciiLowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text
}

const LOCAL_PART = /^[^\s@"(),:;<>[\]\\\p{C}]{1,64}$/u
const DOMAIN = /^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$/

/**
 * The address if it is one plain mailbox (one `@`, an ASCII domain name), else null. Addresses that
 * need quoting are refused, since parsers disagree about whose mailbox they mean.
 */
export function cleanEmail(email: string | null | undefined): string | null {
  if (typeof email !== 'string' || email.length > 254) return null
  const at = email.indexOf('@')
  if (at < 1) return null
  const local = email.slice(0, at)
  // Normalizing it later must not turn a look-alike into an `@`.
  const isPlain = LOCAL_PART.test(local) && LOCAL_PART.test(local.normalize('NFKC'))
  return isPlain && DOMAIN.test(email.slice(at + 1)) ? email : null
}

const MOST_OF_A_URL = 2048

/**
 * A picture's URL if it uses https and has at most 2048 characters, also as browsers write it; else
 * null.
 */
export function cleanPicture(url: string | null | undefined): string | null {
  if (typeof url !== 'string' || url.length > MOST_OF_A_URL) return null
  try {
    const { protocol, username, password, href } = new URL(url)
    const isPlain = protocol === 'https:' && username === '' && password === ''
    return isPlain && href.length <= MOST_OF_A_URL ? href : null
  } catch {
    return null
  }
}

/** A BCP 47 language tag such as `ko` or `en-US`, else null. */
export function cleanLocale(locale: string | null | undefined): string | null {
  if (typeof locale !== 'string') return null
  const tag = locale.replaceAll('_', '-')
  return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/.test(tag) ? tag : null
}

/**
 * A text with only the characters that an error_description may have (RFC 6749, section 5.2);
 * others become a quote.
 */
export const asciiText = (text: string): string =>
  text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")

/**
 * A value from a request, made safe for the log and pages: at most 200 characters of visible ASCII.
 */
export function shownValue(text: string): string {
  const escaped = JSON.stringify(text.slice(0, 200))
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return text.length > 200 ? `${escaped.slice(0, 200)}…` : escaped
}

/** A redirect URI as the log shows it. */
export const shownUri = (uri: string): string => shownValue(uri.replace(/[?#].*$/s, ''))

/** A count in English, for operators: `1 user`, `2 users`, `2 identities`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`
