/** The embedded server cannot be used; the message says what happened and what to do. */
export class EmbeddedServerError extends Error {
  override name = 'EmbeddedServerError'
}

/** What the file system said when a server was to start in this folder. */
export const notStarted = (dataDir: string, cause: unknown): EmbeddedServerError =>
  new EmbeddedServerError(
    `The embedded database in ${dataDir} could not be started: ${cause instanceof Error ? cause.message : cause}. ` +
      'Set DATA_DIR to a folder that can be written, or set DATABASE_URL.',
    { cause },
  )
