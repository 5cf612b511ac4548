/** A form that a page posts to the app by itself (OAuth 2.0 Form Post Response Mode). */
export interface FormAnswer {
  /** The redirect URI: http or https. */
  action: string
  fields: Readonly<Record<string, string>>
  /** The client's name. */
  client: string
  uiLocales: string | undefined
}
