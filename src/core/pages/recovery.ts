/** An app by the name that people know, with its front page; null where that is not set. */
export interface FrontPage {
  client: string
  href: string | null
}

/** Where a person can go on from an error page. */
export interface Ways {
  /** Starts the login again, with the client's parameters; null where they are not known. */
  retry: string | null
  /** The sign-in page, with the client's parameters where they are known. */
  signIn: string | null
  /** The app that sent the person here. */
  back: { client: string; href: string } | null
  /** The registered apps, where it is not known which one did. */
  apps: readonly FrontPage[]
}

/** The ways on from one request's error page. */
export interface RecoveryLinks extends Ways {
  /** Whether somebody was signing in. */
  isLogin: boolean
  /** The languages that the request asks for. */
  uiLocales: string | undefined
  /** The name of the login's provider; null where it is not an enabled one. */
  providerName: string | null
}
