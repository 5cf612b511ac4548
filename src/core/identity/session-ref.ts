/** A session, and whose it has to be. */
export interface SessionRef {
  userId: string
  sessionId: string
}
