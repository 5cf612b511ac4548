/** What the page that opened a popup is posted (`response_mode=web_message`). */
export interface OpenerMessage {
  /** The client's origin: no other page gets the message. */
  origin: string
  message: { type: 'authorization_response'; response: Readonly<Record<string, string>> }
}

/** What a popup hands to the page that opened it. */
export interface PopupAnswer extends OpenerMessage {
  /** Where the person goes on if no page opened this window: the answer as a redirect brings it. */
  onward: string
  /** The client, by its name. */
  client: string
  uiLocales: string | undefined
  /** `link`: nobody is signed in; the app goes on with the identity. */
  intent: 'link' | null
}
