import { z } from 'zod'
import { cleanEmail, cleanLocale, cleanPicture, cleanText } from '../text.ts'

/** What a provider's row makes of the provider's JSON; anything may still be hostile text. */
export interface ProviderProfile {
  subject: string
  /** What the provider named the person by before, where that is told too: a stored identity is renamed. */
  formerSubject?: string | null | undefined
  /** The OpenID `sub` where the subject is something else: it must be the ID token's. */
  sub?: string | undefined
  email?: string | null | undefined
  /** Null where the documents cannot say: then what is known stays, of the same address where there is one. */
  emailVerified?: boolean | null | undefined
  name?: string | null | undefined
  picture?: string | null | undefined
  locale?: string | null | undefined
}

/** Who the provider says has signed in, fit to be stored. */
export interface Profile {
  /** The provider's identifier of the person: 1 to 255 printable ASCII characters. */
  subject: string
  /** What the provider named them by before, where it has another name now. */
  formerSubject?: string
  email: string | null
  /**
   * True only where the provider vouches for this very address. Null where it was not told: with an
   * address what is known of the same one stays, and without one (nobody said anything of it) all of it.
   */
  emailVerified: boolean | null
  name: string | null
  picture: string | null
  locale: string | null
}

// 1 to 255 printable ASCII characters without space at either end (OpenID Connect Core, section 2).
const SUBJECT = /^(?! )[\x20-\x7e]{1,255}(?<! )$/

/** A subject given as text. */
export const TextSubject = z.string().regex(SUBJECT, 'not a subject')

/** A subject given as a JSON number (or, past 2^53, as the digits our parser kept): as text. */
export const NumericSubject = z
  .union([z.int(), z.string().regex(/^-?\d{1,20}$/, 'not a number')])
  .transform(String)

/** A subject as the document of an API has it, text or number: what some write as text others write as a number. */
export const AnySubject = z.union([TextSubject, NumericSubject])

/** Cleans what a row read, or throws where the subject is none. */
export function toProfile(read: ProviderProfile): Profile {
  const email = cleanEmail(read.email)
  const isUntold = read.emailVerified === null && (email !== null || read.email === undefined)
  // Almost nobody has one, and what a schema says of nothing costs as much as all the rest here.
  const former = read.formerSubject ? TextSubject.safeParse(read.formerSubject).data : undefined
  return {
    subject: TextSubject.parse(read.subject),
    ...(former === undefined || former === read.subject ? {} : { formerSubject: former }),
    email,
    emailVerified: isUntold ? null : email !== null && read.emailVerified === true,
    name: cleanText(read.name),
    picture: cleanPicture(read.picture),
    locale: cleanLocale(read.locale),
  }
}
