// Mends the installed database driver; see postgres.mjs. Runs after each install and before each build,
// changes nothing a second time, needs nothing but Node, and fetches nothing.
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import './node-version.mjs'
import { HUNKS, VERSION } from './postgres.mjs'

/** Where the driver is installed; its entry for `require` lies in `cjs/src`. */
const folder = join(createRequire(import.meta.url).resolve('postgres'), '../../..')

function fail(why) {
  process.stderr.write(
    `${why}\nThe database driver must be postgres ${VERSION} as patches/postgres.mjs mends it. Run \`npm ci\`.\n`,
  )
  process.exit(1)
}

/** The files as they should be, by name. */
function mended() {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (version !== VERSION) fail(`The installed postgres is version ${version}.`)
  const texts = new Map()
  for (const { file, from, to, upstream } of HUNKS) {
    const text = texts.get(file) ?? readFileSync(join(folder, file), 'utf8')
    if (text.split(to).length === 2 && !text.replace(to, '').includes(from)) texts.set(file, text)
    else if (text.split(from).length === 2)
      texts.set(
        file,
        text.replace(from, () => to),
      )
    else fail(`${file} is not the one that was mended (${upstream}).`)
  }
  return texts
}

const texts = mended()
for (const [file, text] of texts) {
  const path = join(folder, file)
  if (readFileSync(path, 'utf8') === text) continue
  // A new file in place of the old one, which may be shared with a cache or another checkout.
  const fresh = `${path}.${process.pid}`
  writeFileSync(fresh, text)
  renameSync(fresh, path)
}
if (process.argv.includes('--digest')) {
  const digest = createHash('sha256')
  for (const file of [...texts.keys()].sort()) digest.update(texts.get(file))
  process.stdout.write(`${digest.digest('hex')} ${fileURLToPath(import.meta.url)}\n`)
}
