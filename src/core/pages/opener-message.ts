/** What the page that opened a popup is posted (`response_mode=web_message`). */
export interface OpenerMessage {
  /** The client's origin: no other page gets the message. */
  origin: string
  message: { type: 'authorization_response'; response: Readonly<Record<string, string>> }
}
