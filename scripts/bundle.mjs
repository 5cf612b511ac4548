// The sources, and the packages that each start loads, become a few files of JavaScript: to open each of twelve hundred
// takes half of a start.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { licensesOf, packaged, packaging } from './packaged.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** What the playground's page loads, as it stands. */
const scripts = join(root, 'src/pages/playground/browser')

/**
 * Writes `main.js` and what it loads, and removes what else is there. What is the same is left alone: another
 * process may be loading it.
 *
 * @param {string} folder beside `package.json` and `drizzle/`
 * @param {import('esbuild').Plugin[]} plugins
 */
export async function bundle(folder = join(root, 'dist'), plugins = []) {
  const { outputFiles, metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: ['src/main.ts'], outdir: folder },
    ...{ bundle: true, splitting: true, ...packaging(root) },
    ...{ platform: 'node', format: 'esm', target: 'node20' },
    // One folder deep, as the files in src/ that look for package.json and drizzle/ are.
    chunkNames: 'parts/[name]-[hash]',
    ...{ sourcemap: true, sourcesContent: false },
    ...{ logLevel: 'warning', write: false, plugins: [...plugins, packaged] },
  })
  const files = new Map(outputFiles.map(({ path, contents }) => [path, Buffer.from(contents)]))
  files.set(join(folder, 'licenses.txt'), Buffer.from(licensesOf(root, metafile)))
  for (const path of readdirSync(scripts, { recursive: true })) {
    if (!path.endsWith('.js')) continue
    files.set(join(folder, 'parts/browser', path), readFileSync(join(scripts, path)))
  }
  const main = join(folder, 'main.js')
  for (const [path, contents] of [...files].sort(([a], [b]) => (a === main) - (b === main))) {
    write(path, contents)
  }
  for (const { name, parentPath } of readdirSync(folder, {
    withFileTypes: true,
    recursive: true,
  })) {
    const path = join(parentPath, name)
    // A fresh one may be what another build is about to put in its place.
    const isKept = [...files.keys()].some(
      (one) => one === path.replace(FRESH, '') || one.startsWith(path + sep),
    )
    if (!isKept) rmSync(path, { recursive: true, force: true })
  }
}

/** What `write` names a file by until it is whole. */
const FRESH = /\.new-\d+$/

/** In place of what was there, whole or not at all. */
function write(path, contents) {
  const before = readIfThere(path)
  if (before?.equals(contents)) return
  mkdirSync(dirname(path), { recursive: true })
  const fresh = `${path}.new-${process.pid}`
  writeFileSync(fresh, contents)
  renameSync(fresh, path)
}

function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    return null
  }
}
