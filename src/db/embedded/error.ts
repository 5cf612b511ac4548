import { type FileProblem, fileProblemText } from '../../core/settings/file-problem.ts'

/** The embedded server cannot be used; the message says what happened and what to do. */
export class EmbeddedServerError extends Error {
  override name = 'EmbeddedServerError'
}

/** The same because of the data folder, for whoever tells it in another language. */
export class DataFolderError extends EmbeddedServerError {
  readonly problem: FileProblem
  constructor(problem: FileProblem, options?: ErrorOptions) {
    super(fileProblemText(problem, 'en'), options)
    this.problem = problem
  }
}

/** What the file system said when a server was to start in this folder. */
export const notStarted = (dataDir: string, cause: unknown): DataFolderError =>
  new DataFolderError(
    {
      reason: 'data_refused',
      path: dataDir,
      why: cause instanceof Error ? cause.message : String(cause),
    },
    { cause },
  )
