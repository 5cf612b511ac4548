/** A session, and the user whom it must belong to. */
export interface SessionRef {
  userId: string
  sessionId: string
}
