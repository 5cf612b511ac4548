import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FileError, type FileProblem } from '../../core/settings/file-problem.ts'
import { followLink } from './elsewhere.ts'
import { notStarted } from './error.ts'
import { postgresFolderIn, readDataVersion, requireOwner } from './folder.ts'

/**
 * Why a start in this folder would fail, as far as can be seen without changing anything; else
 * null.
 */
export async function whyNotStarted(dataDir: string): Promise<FileProblem | null> {
  const path = postgresFolderIn(dataDir)
  try {
    await requireOwner(path)
    await readDataVersion((await followLink(path)) ?? path)
    await access(await nearestFolder(resolve(dataDir)), constants.W_OK | constants.X_OK)
    return null
  } catch (cause) {
    return (cause instanceof FileError ? cause : notStarted(dataDir, cause)).problem
  }
}

/** The folder itself, or the one in which it would be made. */
async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return found === null ? nearestFolder(dirname(path)) : path
}
