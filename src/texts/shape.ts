import type { ErrorCode } from '../core/errors.ts'
import type { PageReason } from '../core/pages/page-reason.ts'

/** The texts in one language that the server writes into its pages. */
export interface ServerTexts {
  /** The language in its own words. */
  name: string
  signIn: SignInTexts
  problem: ProblemTexts
  popup: PopupTexts
  token: TokenTexts
  received: ReceivedTexts
  signedOut: SignedOutTexts
  brand: BrandTexts
  playground: PlaygroundTexts
}

/** The texts of the sign-in page in one language. */
export interface SignInTexts {
  signIn: string
  continueTo: (client: string) => string
  signInWith: (provider: string) => string
  emulated: string
  /** What the badge means, once for the page. */
  emulatedNote: string
  lastUsed: string
  noProviders: string
  /** On the button of a provider that refuses this app's browser: its link leaves the app. */
  opensOutside: string
  /** On that button, where the login has to begin at the client again. */
  opensAppOutside: (client: string) => string
  /** On that button, where no link leaves the app. */
  onlyOutside: string
  /** Why. */
  notInside: (provider: string, app: string) => string
  /** Why, as the heading of what can be done by hand where the link that leads out does nothing. */
  nothingOpens: (provider: string, app: string) => string
  address: string
  copy: string
  copied: string
  /** Where the button could not copy; the address is selected. */
  copyByHand: string
  language: string
}

/** The texts of the error pages in one language. */
export interface ProblemTexts {
  /** The title of a sign-in that failed. */
  failed: string
  /** The title where nobody was signing in. */
  failedElsewhere: string
  /** What stands instead where the code says more. */
  titles: Partial<Readonly<Record<ErrorCode, string>>>
  tryAgain: string
  retryIn: (time: string) => string
  retryNow: string
  /** To the same provider. */
  anotherAccount: string
  otherWays: string
  /** To the sign-in page, from where nobody was signing in. */
  signIn: string
  backTo: (client: string) => string
  /** To an app that the person did not come from, as far as is known. */
  open: (client: string) => string
  /** What stands in place of title and text where the code alone says too little. */
  reasons: Readonly<Record<PageReason, ReasonTexts>>
  code: string
  requestId: string
  /** What a provider is called that has no name here. */
  provider: string
  /** What happened and what to do, by error code; some say which provider it was. */
  problems: Readonly<Record<ErrorCode, string | ((provider: string) => string)>>
}

/** A page with words of its own; some name our host, or the e-mail domains that may sign up. */
export interface ReasonTexts {
  /** Null where it is that of a failed sign-in. */
  title: string | null
  text: string | ((facts: { host: string; domains: string }) => string)
}

/** The texts of the page that hands the answer of a popup to its opener. */
export interface PopupTexts {
  signedIn: string
  /** In place of `signedIn` where an account was to be linked. */
  confirmed: string
  close: string
}

/** The texts of the page of somebody who signed in without an app. */
export interface TokenTexts {
  signedInAs: (who: string) => string
  what: string
  show: string
}

/** The texts of the page of somebody who asked a provider to have data deleted here. */
export interface ReceivedTexts {
  title: string
  text: (provider: string, day: string) => string
}

/** The texts of the page of somebody who signed out and came from no app. */
export interface SignedOutTexts {
  title: string
  text: string
}

/** The links at the foot of all pages. */
export interface BrandTexts {
  terms: string
  privacy: string
}

/** What the server writes on the playground in one language, as HTML. */
export interface PlaygroundTexts {
  title: string
  skip: string
  language: string
  signInPage: string
  apiReference: string
  lead: (url: string) => string
  oneLogin: string
  providers: string
  /** What the code regions are, for those who only hear the page. */
  command: string
  settings: string
  /** `base`: the path below which Latchkey is served. */
  withoutScript: (base: string) => string
  next: string
  steps: (callbackUrl: string, base: string) => readonly string[]
  further: string
}
