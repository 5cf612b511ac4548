import { constants } from 'node:fs'
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { FileError } from '../../core/settings/file-problem.ts'

/** Where root keeps the data if the database's user cannot enter its usual folder. */
const ELSEWHERE = '/var/lib/latchkey'

/**
 * Works on a folder, but not on a link that another user put in its place meanwhile: root would
 * change what the link leads to.
 */
export async function withFolder(
  path: string,
  work: (folder: FileHandle) => Promise<void>,
): Promise<void> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  await work(folder).finally(() => folder.close())
}

/**
 * Where root keeps the programs for a data folder: in it, unless other users may change what is
 * there.
 */
export async function programsFor(home: string): Promise<string> {
  const { uid, mode } = await lstat(home)
  if (process.getuid?.() !== 0 || (uid === 0 && (mode & 0o022) === 0)) return home
  await makeEnterable(ELSEWHERE)
  return ELSEWHERE
}

/** Makes a folder and its parents; only the new ones get the mode, whatever the umask is. */
export async function makeEnterable(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (!first) return
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await withFolder(made, (folder) => folder.chmod(0o711))
  }
}

/**
 * The target of our link in the place of the data, null if there is no link; the data may not be
 * there yet. A link to any other place is not followed: whoever put it there, root would change the
 * owner of what it leads to.
 *
 * @throws FileError if the target's parent folder is gone, too: starting with new data would hide
 * that the old is lost.
 */
export async function followLink(path: string): Promise<string | null> {
  const target = await readlink(path).catch(() => null)
  if (target === null) return null
  const data = resolve(dirname(path), target)
  if (dirname(dirname(data)) !== ELSEWHERE) return null
  const home = await stat(dirname(data)).catch(() => null)
  if (home === null) throw new FileError({ reason: 'data_gone', path, target: data })
  return data
}

/**
 * Makes a folder for data that cannot be at `path`, and a link to it there, so that the data stays
 * with its folder when that is moved, and a removed folder starts with new data. What is left
 * behind says which folder it belonged to.
 */
export async function keepElsewhere(path: string): Promise<string> {
  await makeEnterable(ELSEWHERE)
  const home = await mkdtemp(join(ELSEWHERE, 'data-'))
  await chmod(home, 0o711)
  await writeFile(join(home, 'belongs-to'), `${path}\n`)
  const data = join(home, 'postgres')
  try {
    await symlink(data, path)
    return data
  } catch (error) {
    await rm(home, { recursive: true })
    // Another process was faster.
    const others = await followLink(path)
    if (others === null) throw error
    return others
  }
}
