import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { latchkeyModule } from './stand.ts'

const root = new URL('../', import.meta.url)
const copy = new URL('node_modules/.cache/latchkey-bench/silent/', root)

/** In place of what statements say of who asks. */
const SILENCE = `import { sql } from 'drizzle-orm'
export const askedBy = () => ''
export const saysWho = () => sql\`true\`
export const requestOf = () => null
`

/** A copy of this build that tells the database nothing of who asks, as if nothing were recorded. */
export async function makeSilent(): Promise<URL> {
  await rm(copy, { recursive: true, force: true })
  await mkdir(copy, { recursive: true })
  for (const name of await readdir(root)) {
    if (!['dist', 'node_modules'].includes(name))
      await symlink(new URL(name, root), new URL(name, copy))
  }
  await cp(new URL('./', latchkeyModule), new URL('dist/', copy), { recursive: true })
  await writeFile(new URL('dist/db/stores/events/say-who.js', copy), SILENCE)
  return new URL('dist/main.js', copy)
}
