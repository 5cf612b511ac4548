const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu

/**
 * Characters that are prohibited (RFC 3454, C.2 to C.9), or unknown to Unicode 3.2, such as emoji.
 */
const REFUSED =
  /\u0340|\u0341|[\p{Cc}\p{Co}\p{Cs}\p{Cn}\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufa6b-\ufaff\ufe10-\ufe1f\ufe47\ufe48\ufeff\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{1f000}-\u{1faff}\u{e0001}-\u{e007f}]/u

/** Without marks and numbers, which take their direction from the characters around them. */
const LETTER = String.raw`(?!\p{M}|\p{N}|\ufb29)[\u061b\u061f\u0640\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]`
const FROM_THE_RIGHT = new RegExp(LETTER, 'u')
const ALL_FROM_THE_RIGHT = new RegExp(`^(?:${LETTER}|${LETTER}.*${LETTER})$`, 'su')
const FROM_THE_LEFT = new RegExp(`(?!${LETTER})\\p{L}`, 'u')

/**
 * A password in the form that PostgreSQL and libpq use (SASLprep, RFC 4013): `한` as one code point
 * or as three is the same password, and so are `Ａ` and `A`. Like there, a password that SASLprep
 * refuses stays as it is, and this is checked before normalization.
 */
export function prepareSaslPassword(password: string): string {
  if (!/[^\0-\x7f]/.test(password)) return password
  const mapped = password.replace(SPACES, ' ').replace(NOTHING, '')
  const isRefused =
    mapped === '' ||
    REFUSED.test(mapped) ||
    (FROM_THE_RIGHT.test(mapped) && !isFromTheRight(mapped))
  return isRefused ? password : mapped.normalize('NFKC')
}

const isFromTheRight = (text: string) => ALL_FROM_THE_RIGHT.test(text) && !FROM_THE_LEFT.test(text)
