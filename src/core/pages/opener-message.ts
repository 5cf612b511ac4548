/** A message to the page that opened a popup (`response_mode=web_message`). */
export interface OpenerMessage {
  /** The client's origin: pages of other origins do not get the message. */
  origin: string
  message: { type: 'authorization_response'; response: Readonly<Record<string, string>> }
}

/** What a popup answers to the page that opened it. */
export interface PopupAnswer extends OpenerMessage {
  /**
   * Where the person goes on if no page opened this window: the redirect that carries the answer.
   */
  onward: string
  /** The client's name. */
  client: string
  uiLocales: string | undefined
  /** `link`: nobody gets signed in; the app uses the answer to link the identity. */
  intent: 'link' | null
}
