/** An app as people know it, with its front page; null where nobody said where that is. */
export interface FrontPage {
  client: string
  href: string | null
}

/** Where a person can go from a problem. */
export interface Ways {
  /** The login once more, with the client's parameters; null where they are not known. */
  retry: string | null
  /** The sign-in page, with the client's parameters where they are known. */
  signIn: string | null
  /** The app that sent the person here. */
  back: { client: string; href: string } | null
  /** The apps that there are, where it is not known which one did. */
  apps: readonly FrontPage[]
}

/** The ways on from the problem of one request. */
export interface RecoveryLinks extends Ways {
  /** Whether somebody was signing in. */
  isLogin: boolean
  /** The languages that the request asks for. */
  uiLocales: string | undefined
  /** The provider of the login, by its name; null where it is none of ours. */
  providerName: string | null
}
