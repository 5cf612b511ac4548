import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundle } from '../scripts/bundle.mjs'

const root = new URL('../', import.meta.url)
const copy = new URL('node_modules/.cache/latchkey-bench/silent/', root)

/** In place of what statements say of who asks. */
const SILENCE = `import { sql } from 'drizzle-orm'
export const askedBy = () => ''
export const saysWho = () => sql\`true\`
export const requestOf = () => null
export const recordEvent = sql\`latchkey.record_event\`
export const toldChanged = () => sql\`null\`
`

/** A copy of this build that tells the database nothing of who asks, as if nothing were recorded. */
export async function makeSilent(): Promise<URL> {
  await rm(copy, { recursive: true, force: true })
  await mkdir(copy, { recursive: true })
  for (const name of await readdir(root)) {
    if (!['dist', 'node_modules'].includes(name))
      await symlink(new URL(name, root), new URL(name, copy))
  }
  await bundle(fileURLToPath(new URL('dist', copy)), [
    {
      name: 'silence',
      setup: (build) =>
        build.onLoad({ filter: /src\/db\/stores\/events\/say-who\.ts$/ }, () => ({
          contents: SILENCE,
          resolveDir: fileURLToPath(root),
        })),
    },
  ])
  return new URL('dist/main.js', copy)
}
