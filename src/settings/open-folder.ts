import { type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FileProblem } from '../core/settings/file-problem.ts'
import type { Settings } from './index.ts'

const READ = 0o004
const WRITE = 0o002
/** In such a folder everybody changes only what is theirs, as in /tmp. */
const STICKY = 0o1000

/**
 * What other users of this machine can do with what Latchkey keeps itself; nothing where it keeps nothing. A group
 * may: containers get their volumes so.
 */
export function openToOthers(settings: Pick<Settings, 'dataDir' | 'secrets' | 'database'>) {
  const own = process.getuid?.()
  // On Windows no mode says who may do what.
  if (own === undefined) return []
  if (settings.secrets !== null && settings.database.url !== null) return []
  const { dataDir } = settings
  const found: FileProblem[] = []
  const folder = look(dataDir)
  if (folder !== null) {
    const { mode, uid: owner } = folder
    if ((mode & WRITE) !== 0 && (mode & STICKY) === 0)
      found.push({ reason: 'folder_open', path: dataDir })
    // Root works in other people's folders, as in a container with one of its machine's.
    if (owner !== own && owner !== 0 && own !== 0)
      found.push({ reason: 'folder_of_another', path: dataDir, owner })
  }
  const path = join(dataDir, 'secret')
  const secret = settings.secrets === null ? look(path) : null
  if (secret !== null && (secret.mode & (READ | WRITE)) !== 0)
    found.push({ reason: 'secret_open', path })
  return found
}

/** Null where it is not there, or cannot be looked at, of which others tell. */
function look(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}
