/** The embedded server cannot be used; the message says what happened and what to do. */
export class EmbeddedServerError extends Error {
  override name = 'EmbeddedServerError'
}
