import { z } from 'zod'
import { cleanEmail, cleanLocale, cleanPicture, cleanText } from '../text.ts'

/** What a provider's row reads from the provider's JSON; any text may still be hostile. */
export interface ProviderProfile {
  subject: string
  /**
   * The subject that the provider had for the person before, where it tells that, too: a stored
   * identity is renamed.
   */
  formerSubject?: string | null | undefined
  /** The OpenID `sub` where the subject is something else: it must equal the ID token's. */
  sub?: string | undefined
  email?: string | null | undefined
  /**
   * Null where the documents do not say: then the known value stays, if there is an address only
   * for the same one.
   */
  emailVerified?: boolean | null | undefined
  name?: string | null | undefined
  picture?: string | null | undefined
  locale?: string | null | undefined
}

/** Who has signed in according to the provider, ready to be stored. */
export interface Profile {
  /** The provider's identifier of the person: 1 to 255 printable ASCII characters. */
  subject: string
  /** The subject that the provider had for them before, where that has changed. */
  formerSubject?: string
  email: string | null
  /**
   * True only where the provider vouches for exactly this address. Null where it does not say: with
   * an address, what is known about the same address stays; without one, all that is known stays.
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

/** A subject in an API's document: some write as text what others write as a number. */
export const AnySubject = z.union([TextSubject, NumericSubject])

/** Cleans what a row read; throws if the subject is not valid. */
export function toProfile(read: ProviderProfile): Profile {
  const email = cleanEmail(read.email)
  const isUntold = read.emailVerified === null && (email !== null || read.email === undefined)
  // Almost nobody has one, and a schema that is run on an absent value costs as much as all the
  // rest here.
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
