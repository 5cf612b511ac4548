// `npm run build`: the database driver is mended, and TypeScript becomes JavaScript in dist/. Plain
// JavaScript without imports of ours, since it also says what is missing where it cannot build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import './node-version.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isQuiet = process.argv.includes('--quiet')

function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Where the compiler is; null where only what production needs was installed. */
function findCompiler() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
    return join(folder, 'bin/tsc')
  } catch {
    return null
  }
}

await import('./apply.mjs')
const compiler = findCompiler()
if (compiler === null) {
  if (existsSync(join(root, 'dist/main.js'))) {
    say('TypeScript is not installed, so dist/ is used as it is.')
    process.exit(0)
  }
  say(
    'Latchkey cannot be built: TypeScript is not installed (by npm ci --omit=dev, or because NODE_ENV is ' +
      'production). Run `npm ci --include=dev` and `npm run build` first, then `npm prune --omit=dev`, and ' +
      'start with `node dist/main.js`.',
  )
  process.exit(1)
}
if (!isQuiet) say('Building …')
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(status ?? 1)
