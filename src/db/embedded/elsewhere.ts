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

/** Where root keeps data whose own place the user of the database cannot enter. */
const ELSEWHERE = '/var/lib/latchkey'

/** A folder, and no link that another user put in its place meanwhile: root would change what that leads to. */
export async function withFolder(
  path: string,
  work: (folder: FileHandle) => Promise<void>,
): Promise<void> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  await work(folder).finally(() => folder.close())
}

/** Where root keeps programs for a data folder: in it, unless others may change what is there. */
export async function programsFor(home: string): Promise<string> {
  const { uid, mode } = await lstat(home)
  if (process.getuid?.() !== 0 || (uid === 0 && (mode & 0o022) === 0)) return home
  await makeEnterable(ELSEWHERE)
  return ELSEWHERE
}

/** Makes a folder and those above it; only the new ones get a mode, whatever the umask is. */
export async function makeEnterable(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (!first) return
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await withFolder(made, (folder) => folder.chmod(0o711))
  }
}

/**
 * Where a link of ours in the place of the data leads, null where there is none; the data may not be there yet. A
 * link to any other place is not followed: what data belongs to, root hands over, whoever put the link there.
 *
 * @throws FileError where the folder around it is gone, too: beginning anew would hide that data is lost.
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
 * Makes a folder for data that cannot be at `path`, and a link to it there: so the data goes where its folder is
 * moved to, and a folder that is removed begins anew. What is left behind says whose it was.
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
    // Another start was first.
    const others = await followLink(path)
    if (others === null) throw error
    return others
  }
}
