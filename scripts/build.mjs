// `npm run build`: the database driver is mended, and TypeScript becomes JavaScript in dist/. Plain
// JavaScript without imports of ours, since it also says what is missing where it cannot build.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '../patches/node-version.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isQuiet = process.argv.includes('--quiet')

function say(line) {
  process.stderr.write(`${line}\n`)
}

await import('../patches/apply.mjs')
// Not there where only what production needs was installed.
const bundler = await import('./bundle.mjs').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  return null
})
if (bundler === null) {
  if (existsSync(join(root, 'dist/main.js'))) {
    say('esbuild is not installed, so dist/ is used as it is.')
    process.exit(0)
  }
  say(
    'Latchkey cannot be built: esbuild is not installed (by npm ci --omit=dev, or because NODE_ENV is ' +
      'production). Run `npm ci --include=dev` and `npm run build` first, then `npm prune --omit=dev`, and ' +
      'start with `node dist/main.js`.',
  )
  process.exit(1)
}
if (!isQuiet) say('Building …')
await bundler.bundle()
