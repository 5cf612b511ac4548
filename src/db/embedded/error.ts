import { FileError } from '../../core/settings/file-problem.ts'

/** The embedded server cannot be used. The message says what happened and what to do. */
export class EmbeddedServerError extends Error {
  override name = 'EmbeddedServerError'
}

/** The error for a server that could not start in this folder, with the file system's message. */
export const notStarted = (dataDir: string, cause: unknown): FileError =>
  new FileError(
    {
      reason: 'data_refused',
      path: dataDir,
      why: cause instanceof Error ? cause.message : String(cause),
    },
    { cause },
  )
