import type { OpenerMessage } from './opener-message.ts'
import type { Refusal } from './page-reason.ts'

/** The page for people who are refused, shown before their app gets the answer. */
export interface RefusalPage {
  reason: Refusal
  client: string
  /**
   * Leads to the app with the refusal: an address, and if the answer is a form, the fields to post
   * there.
   */
  back: {
    href: string
    fields: Readonly<Record<string, string>> | null
    /** For a popup: the message to the page that opened it instead. */
    message: OpenerMessage | null
  }
  /**
   * Signs in at the same provider with another account; null where the provider cannot be asked for
   * that.
   */
  anotherAccount: string | null
  /** The sign-in page with the client's parameters. */
  signIn: string
  uiLocales: string | undefined
}
