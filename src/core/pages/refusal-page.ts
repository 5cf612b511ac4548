import type { OpenerMessage } from './opener-message.ts'
import type { Refusal } from './page-reason.ts'

/** What people read who may not come in, before their app is told. */
export interface RefusalPage {
  reason: Refusal
  client: string
  /** Leads to the app with the refusal: an address, and where the answer is a form, what it posts there. */
  back: {
    href: string
    fields: Readonly<Record<string, string>> | null
    /** For a popup: what the page that opened it is told instead. */
    message: OpenerMessage | null
  }
  /** The same provider with another account; null where it cannot be asked for one. */
  anotherAccount: string | null
  /** The sign-in page with the client's parameters. */
  signIn: string
  uiLocales: string | undefined
}
