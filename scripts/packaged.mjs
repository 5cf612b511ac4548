// Which packages the build takes into its files, and how: those that each start loads, which are some six hundred
// files. All others stay as they are installed: above all the driver, which is mended there.
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What each start loads. */
const LOADED = [
  '@fastify/cookie',
  '@fastify/jwt',
  'drizzle-orm',
  'fastify',
  'ipaddr.js',
  'jose',
  'undici',
  'uuid',
  'zod',
]

/** What these ask for and no start loads: Fastify's compilers of schemas, and what tests send requests by. */
const NEVER_LOADED = [
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request',
]

/** What is written in CommonJS asks for modules of Node.js by a function that a module does not have. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)"

/** One place for a whole file: with `--enable-source-maps` a map is in memory for as long as the process runs. */
const MAP = JSON.stringify({ version: 3, sources: [''], mappings: 'AAAA' })
// In two parts, since whatever reads this file would take it for the address of its own.
const NO_MAP = ['\n//# source', 'MappingURL=data:application/json,', encodeURIComponent(MAP)].join(
  '',
)

/**
 * What esbuild is told of packages.
 *
 * @param {string} root where they are installed
 */
export function packaging(root) {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const all = Object.keys({ ...dependencies, ...optionalDependencies })
  const external = [...all.filter((name) => !LOADED.includes(name)), ...NEVER_LOADED]
  return { external, banner: { js: REQUIRE }, metafile: /** @type {const} */ (true) }
}

/** @type {import('esbuild').Plugin} */
export const packaged = {
  name: 'packaged',
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      // Of zod's messages in fifty languages each import loads all, and we show none.
      const isList = /zod[\\/]v4[\\/]locales[\\/]index\.js$/.test(path)
      const text = isList ? `export { default as en } from './en.js'` : await readFile(path, 'utf8')
      return { contents: text + NO_MAP, loader: 'js' }
    })
  },
}

/**
 * The licenses of what was taken in, which go where it goes.
 *
 * @param {string} root
 * @param {import('esbuild').Metafile} metafile
 */
export function licensesOf(root, { inputs }) {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  )
  return [...new Set(folders)]
    .sort()
    .map((folder) => licenseOf(root, join(root, folder)))
    .join('\n')
}

/**
 * @param {string} root
 * @param {string} folder
 */
function licenseOf(root, folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
  const text =
    file === undefined
      ? usualText(root, license, author)
      : readFileSync(join(folder, file), 'utf8').trim()
  return `---- ${name} ${version} (${license})\n\n${text}\n`
}

/**
 * Some packages name their license and leave out its text.
 *
 * @param {string} root
 * @param {string} license
 * @param {string | { name: string } | undefined} author
 */
function usualText(root, license, author) {
  if (license === 'Apache-2.0') return 'The text of this license is in NOTICE.'
  if (license !== 'MIT') throw new Error(`a package has no text of its license, ${license}`)
  const by = typeof author === 'string' ? author : (author?.name ?? 'its authors')
  return readFileSync(join(root, 'LICENSE'), 'utf8')
    .replace(/^Copyright .*$/m, `Copyright (c) ${by}`)
    .trim()
}
