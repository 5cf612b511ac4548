import { createHash } from 'node:crypto'

/** How far a persona's e-mail address is proven: `lapsed` was hers once and is another's now. */
export type EmailState = 'verified' | 'unverified' | 'lapsed' | 'none'

/** The hint of a persona. */
export type PersonaId = 'minji' | 'alex' | 'sora' | 'yuki' | 'robin' | 'odd'

/** A person who has an account at every emulated provider. */
export interface Persona {
  id: PersonaId
  name: string
  givenName: string
  familyName: string
  /** BCP 47 tag. */
  locale: string
  email: EmailState
  /** False where the account still has the provider's default picture. */
  picture: boolean
}

// Emoji joined by ZWJ, a right-to-left override that is never closed, markup, and 700 characters.
const oddName = `Zoë 👩‍👩‍👧‍👦 \u202Eevil <b>&"'</b> ${'とても長い名前'.repeat(96)}`

/** Everybody who can sign in; the page's first form signs in with the first. */
export const personas: readonly [Persona, ...Persona[]] = [
  {
    id: 'minji',
    name: '김민지',
    givenName: '민지',
    familyName: '김',
    locale: 'ko',
    email: 'verified',
    picture: true,
  },
  {
    id: 'alex',
    name: 'Alex Morgan',
    givenName: 'Alex',
    familyName: 'Morgan',
    locale: 'en',
    email: 'verified',
    picture: true,
  },
  {
    id: 'sora',
    name: '이소라',
    givenName: '소라',
    familyName: '이',
    locale: 'ko',
    email: 'none',
    picture: false,
  },
  {
    id: 'yuki',
    name: '田中雪',
    givenName: '雪',
    familyName: '田中',
    locale: 'ja',
    email: 'unverified',
    picture: true,
  },
  {
    id: 'robin',
    name: 'Robin Park',
    givenName: 'Robin',
    familyName: 'Park',
    locale: 'en',
    email: 'lapsed',
    picture: false,
  },
  {
    id: 'odd',
    name: oddName,
    givenName: oddName,
    familyName: '\u200F',
    locale: 'en',
    email: 'verified',
    picture: true,
  },
]

/** What can go wrong on purpose at every provider, by the name that `login_hint` takes, and where. */
export const failures = {
  '!denied': 'callback',
  '!used-code': 'token',
  '!expired-code': 'token',
  '!wrong-secret': 'token',
  '!server-error': 'token',
  '!slow': 'token',
  '!html': 'token',
  '!no-email': 'profile_items',
  '!profile-error': 'profile',
  '!wrong-profile': 'profile',
  '!forged-id-token': 'id_token',
} as const

/** The name of one failure. */
export type Failure = keyof typeof failures

/** A persona's address at one provider; null where the account has none. */
export function emailOf(provider: string, persona: Persona): string | null {
  switch (persona.id) {
    case 'sora':
      return null
    case 'alex':
    case 'robin':
      return 'alex@example.com'
    case 'odd':
      return `Odd.Name+${provider}@Example.COM`
    default:
      return `${persona.id}@${provider}.example.kr`
  }
}

/** Hexadecimal text that is the same for the same words for ever; at most 64 characters. */
export function stableHex(length: number, ...words: string[]): string {
  return createHash('sha256').update(words.join('\n')).digest('hex').slice(0, length)
}

/** 43 base64url characters that are the same for the same words for ever. */
export function stableBase64url(...words: string[]): string {
  return Buffer.from(stableHex(64, ...words), 'hex').toString('base64url')
}

/** A UUID that is the same for the same words for ever. */
export function stableUuid(...words: string[]): string {
  const hex = stableHex(32, ...words)
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20)].join('-')
}

/** Decimal digits that are the same for the same words for ever, without a leading zero. */
export function stableDigits(length: number, ...words: string[]): string {
  const smallest = 10n ** BigInt(length - 1)
  return String(smallest + (BigInt(`0x${stableHex(64, ...words)}`) % (9n * smallest)))
}
