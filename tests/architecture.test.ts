import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, posix, sep } from 'node:path'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { beforeAll, describe, expect, test } from 'vitest'
import * as schema from '../src/db/schema.ts'
import { builtInProviders } from '../src/providers/index.ts'

/** A source file: its path below `src`, with slashes, and its text. */
interface Source {
  path: string
  text: string
}

interface Import {
  /** `main.ts` or `core/identity/linking.ts` for a file of ours, `zod` or `node:fs` for a package. */
  target: string
  /** `dynamic`: evaluated only when it is reached; `type`: names types only, never evaluated. */
  kind: 'static' | 'dynamic' | 'type'
}

/** What the files of one room may import: rooms, rooms for their types, and packages. */
interface Directions {
  rooms: readonly string[]
  types?: readonly string[]
  packages: readonly string[] | 'any'
}

const SRC = join(import.meta.dirname, '../src')
const MAX_LINES = 250

/** A room of what the service does: it stands on what is shared, and knows no other of its kind. */
const ROOM: Directions = { rooms: ['core', 'http'], types: ['upstream'], packages: 'any' }

const SHARED = ['core', 'providers', 'settings', 'db', 'http', 'upstream']
const DOING = ['login', 'tokens', 'account', 'admin', 'events', 'pages', 'operations']

/** The directions of the house, downwards. */
const ROOMS: Record<string, Directions> = {
  commands: { rooms: ['app', ...DOING, ...SHARED], packages: 'any' },
  app: { rooms: [...DOING, ...SHARED], packages: 'any' },
  ...Object.fromEntries(DOING.map((room) => [room, ROOM])),
  pages: { ...ROOM, rooms: [...ROOM.rooms, 'texts'] },
  upstream: { rooms: ['core', 'http'], packages: 'any' },
  http: { rooms: ['core'], packages: 'any' },
  db: { rooms: ['core'], packages: ['drizzle-orm', 'postgres', 'uuid', 'node:*'] },
  settings: { rooms: ['core', 'providers'], packages: ['zod', 'node:*'] },
  providers: { rooms: ['core'], packages: ['zod', 'jose', 'node:crypto'] },
  core: { rooms: [], packages: ['zod', 'node:crypto'] },
  texts: { rooms: ['core'], packages: [] },
  emulator: { rooms: ['texts'], packages: 'any' },
}

/** What opens the house from outside; nothing imports it. */
const DOOR = 'main.ts'

/** Drivers and tables belong to `db`, whatever else a room may import. */
const ONLY_IN_DB = ['drizzle-orm', 'postgres']

/** Loaded where a setting asks for it, and not before. */
const LAZY = ['prom-client', '@opentelemetry/']

/** The npm package of the embedded PostgreSQL has the platform in its name. */
const COMPUTED_IN = 'db/embedded/binaries.ts'

/** Files that use more of `upstream` than its types, and why. */
const SPEAKS_UPSTREAM: Record<string, string> = {
  'operations/doctor/': 'the doctor asks providers itself',
  'login/native.ts': 'knows the age of a native token',
}

const PROVIDER_IDS = [
  ...builtInProviders.map(({ id }) => id),
  ...['google', 'kakao', 'naver', 'github', 'facebook', 'x', 'apple', 'microsoft', 'line'],
  ...['discord', 'gitlab', 'linkedin', 'slack', 'twitch', 'spotify'],
]

/** A declaration for other files, without a doc comment right above it. */
const EXPORT_WITHOUT_COMMENT =
  /(?<!\*\/\n)^export (?:async )?(?:function\*?|const|interface|type|class) (\w+).*$/gm

/** Names of tables and columns that are no words of SQL or English. */
const SCHEMA_NAMES = Object.values(schema)
  .filter((one) => one instanceof PgTable)
  .map(getTableConfig)
  .flatMap(({ name, columns }) => [name, ...columns.map((column) => column.name)])
  .filter((name) => name.includes('_'))

/** The text of all `sql` templates, without what is put into them and without SQL's own strings. */
function sqlOf(code: string): string {
  // Braces that are open in what is put in; -1 in the text itself.
  const open: { isSql: boolean; braces: number }[] = []
  let found = ''
  for (let place = 0; place < code.length; place++) {
    const here = code[place]
    const template = open.at(-1)
    if (template?.braces === -1) {
      if (here === '`') open.pop()
      else if (code.startsWith('${', place)) template.braces = 0
      else if (template.isSql) found += here
    } else if (here === '`') {
      const isSql = /\bsql(<[^`;]*>)?$/.test(code.slice(Math.max(0, place - 200), place))
      open.push({ isSql, braces: -1 })
    } else if (template !== undefined) {
      if (here === '{') template.braces++
      if (here === '}') template.braces = template.braces === 1 ? -1 : template.braces - 1
    }
  }
  return found.replace(/'[^']*'/g, '')
}

/** Source text without its comments; strings stay. */
function withoutComments(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g
  return text.replace(token, (found) => (/^\/[/*]/.test(found) ? ' ' : found))
}

const STATIC = [
  /(?:^|[\n;])\s*import\s*(?:([\w$*\s{},]*?)\bfrom\s*)?(['"])([^'"\n]+)\2/g,
  /(?:^|[\n;])\s*export\s*((?:type\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\}))\s*from\s*(['"])([^'"\n]+)\2/g,
]

/** `type A`, `type { A, B }` and `{ type A, type B }` name types only. */
const NAMES_TYPES = /^\s*(type\b|\{\s*type\s+[\w$ ]+(,\s*type\s+[\w$ ]+)*,?\s*\}\s*$)/

// A name that is not written out cannot be checked: it stays empty.
const CALLED = /(\btypeof\s+)?\b(?:import|require)\s*\(\s*(?:(['"`])([^'"`]*)\2\s*[,)])?/g

/** Every module that a file names, types included. */
function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text)
  const found: Import[] = []
  const add = (specifier: string, kind: Import['kind']) => {
    const target = specifier.startsWith('.')
      ? posix.normalize(posix.join(posix.dirname(path), specifier))
      : specifier
    found.push({ target, kind })
  }
  for (const pattern of STATIC) {
    for (const [, names = '', , specifier = ''] of code.matchAll(pattern)) {
      add(specifier, NAMES_TYPES.test(names) ? 'type' : 'static')
    }
  }
  for (const [, type, , specifier = ''] of code.matchAll(CALLED)) {
    add(specifier, type === undefined ? 'dynamic' : 'type')
  }
  return found
}

const roomOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : null)

/** The npm package, or the `node:` module, of a specifier. */
function packageOf(specifier: string): string {
  if (builtinModules.includes(specifier)) return `node:${specifier}`
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

/** What breaks the directions in these files, one sentence each. */
function violations(sources: readonly Source[]): string[] {
  const found: string[] = []
  for (const source of sources) {
    const { path } = source
    const room = roomOf(path)
    const directions =
      path === DOOR ? { rooms: ['commands'], packages: [] } : room === null ? null : ROOMS[room]
    if (!directions) {
      found.push(`${path} is in a room that the house does not know`)
      continue
    }
    for (const one of importsOf(source)) {
      const { target } = one
      const isOurs = target.endsWith('.ts') && !target.includes(':')
      const wrong = isOurs ? wrongRoom(path, directions, one) : wrongPackage(path, directions, one)
      if (wrong !== null) found.push(`${path} ${wrong}`)
    }
    found.push(...otherViolations(source))
  }
  return found
}

function wrongPackage(path: string, directions: Directions, { target, kind }: Import) {
  const name = packageOf(target)
  if (target === '' && path === COMPUTED_IN) return null
  if (!/^(node:[\w/]+|@?[\w.-]+(\/[\w.-]+)?)$/.test(name)) {
    return `imports what cannot be read: ${target || 'a computed name'}`
  }
  if (ONLY_IN_DB.includes(name) && roomOf(path) !== 'db') {
    return `imports ${target}, which is for db`
  }
  if (LAZY.some((one) => name.startsWith(one)) && kind === 'static') {
    return `imports ${target} before it is asked for`
  }
  return allows(directions.packages, name) ? null : `imports the package ${target}`
}

function wrongRoom(path: string, directions: Directions, { target, kind }: Import) {
  const room = roomOf(path)
  const targetRoom = roomOf(target)
  if (target.startsWith('..')) return `imports ${target}, which is not in src`
  if (targetRoom === null) return `imports ${target} of src itself`
  if (targetRoom === room) return null
  if (targetRoom === 'emulator') {
    if (room !== 'app') return 'imports the emulator'
    return kind === 'static' ? 'imports the emulator before it is asked for' : null
  }
  if (directions.rooms.includes(targetRoom)) return null
  if (directions.types?.includes(targetRoom)) {
    const isListed = Object.keys(SPEAKS_UPSTREAM).some((start) => path.startsWith(start))
    return kind === 'type' || isListed ? null : `imports more than types of the room ${targetRoom}`
  }
  return `imports the room ${targetRoom}`
}

/** Files that import each other, by whatever way round; types count. */
function circles(sources: readonly Source[]): string[][] {
  const targets = new Map(
    sources.map((source) => [source.path, importsOf(source).map(({ target }) => target)]),
  )
  const reach = (from: string) => {
    const seen = new Set<string>()
    const next = [...(targets.get(from) ?? [])]
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      next.push(...(targets.get(path) ?? []))
    }
    return seen
  }
  const reached = new Map(sources.map(({ path }) => [path, reach(path)]))
  const inCircles = [...reached].filter(([path, seen]) => seen.has(path))
  const groups = inCircles.map(([path, seen]) =>
    [...seen].filter((other) => reached.get(other)?.has(path)).sort(),
  )
  return [...new Map(groups.map((group) => [group.join(), group])).values()]
}

function allows(packages: Directions['packages'], name: string): boolean {
  if (packages === 'any') return true
  return packages.includes(name) || (packages.includes('node:*') && name.startsWith('node:'))
}

function otherViolations({ path, text }: Source): string[] {
  const found: string[] = []
  const code = withoutComments(text)
  const lines = text.trimEnd().split('\n').length
  // Words are no code: whoever translates has one file, as long as there is to say.
  if (lines > MAX_LINES && roomOf(path) !== 'texts') found.push(`${path} has ${lines} lines`)
  // Of a schema and the type of its name, the schema is described; data of one kind, at the top of its file.
  if (path !== 'providers/buttons.ts') {
    for (const [line, name] of text.matchAll(EXPORT_WITHOUT_COMMENT)) {
      if (!/= z\.(infer|input|output)<|= \(?typeof /.test(line))
        found.push(`${path}: ${name} says nothing`)
    }
  }
  if (
    // The door says what Node itself reads.
    !['main.ts', 'settings/environment.ts'].includes(path) &&
    /\bprocess\s*(\??\.\s*env\b|\[\s*['"`]env)|\benv\b[^}\n]*}\s*(=\s*process\b|from\s*['"](node:)?process)/.test(
      code,
    )
  ) {
    found.push(`${path} reads process.env`)
  }
  // Where the build puts every file (`scripts/bundle.mjs`).
  if (/new URL\(\s*['"`]\.\./.test(code) && path.split('/').length !== 2) {
    found.push(`${path} looks beside src/ and is not one folder deep`)
  }
  if (roomOf(path) === 'db') {
    for (const word of sqlOf(code).match(/\w+/g) ?? []) {
      if (SCHEMA_NAMES.includes(word)) found.push(`${path} spells ${word}`)
    }
  }
  if (!['providers', 'emulator'].includes(roomOf(path) ?? '')) {
    const id = `(['"\`])(?:${PROVIDER_IDS.join('|')})\\1`
    const comparison = new RegExp(
      [
        `[=!]==?\\s*(?:${id})`,
        `(?:${id.replace('\\1', '\\2')})\\s*[=!]==?`,
        `\\bcase\\s+(?:${id.replace('\\1', '\\3')})\\s*:`,
        `\\.(?:includes|startsWith|has|indexOf)\\(\\s*(?:${id.replace('\\1', '\\4')})`,
        `\\[[^\\]]*(?:${id.replace('\\1', '\\5')})[^\\]]*\\]\\s*\\.includes\\(`,
      ].join('|'),
    )
    if (comparison.test(code)) found.push(`${path} compares with a provider’s id`)
  }
  return found
}

async function readSources(): Promise<Source[]> {
  const names = await readdir(SRC, { recursive: true })
  const files = names.filter((name) => name.endsWith('.ts'))
  return Promise.all(
    files.map(async (name) => ({
      path: name.split(sep).join('/'),
      text: await readFile(join(SRC, name), 'utf8'),
    })),
  )
}

describe('the house', () => {
  let sources: Source[]
  let imports: { path: string; targets: string[] }[]

  beforeAll(async () => {
    sources = await readSources()
    imports = sources.map((source) => ({
      path: source.path,
      targets: importsOf(source).map(({ target }) => target),
    }))
  })

  test('keeps its directions, sizes and habits', () => {
    expect(violations(sources)).toEqual([])
  })

  test('has a table of contents: what the app is made of is read on one page', () => {
    const text = sources.find(({ path }) => path === 'app/app.ts')?.text ?? ''
    expect(text).toContain('export async function buildApp(')
    expect(text.split('\n').length).toBeLessThanOrEqual(80)
  })

  test('has no circle of files, of types neither', () => {
    expect(circles(sources)).toEqual([])
  })

  test('is read as it is: every import names a file or a dependency that is there', () => {
    const text = readFileSync(join(dirname(SRC), 'package.json'), 'utf8')
    const { dependencies: needed, optionalDependencies: optional } = JSON.parse(text)
    const dependencies = Object.keys({ ...needed, ...optional })
    const paths = new Set(sources.map(({ path }) => path))
    const unknown = imports.flatMap(({ path, targets }) =>
      targets
        .filter((target) => target !== '' && !target.startsWith('node:'))
        .filter((target) => !(paths.has(target) || dependencies.includes(packageOf(target))))
        .map((target) => `${path}: ${target}`),
    )
    expect(unknown).toEqual([])
    const all = imports.flatMap(({ targets }) => targets)
    expect(all.length).toBeGreaterThan(sources.length * 2)
    expect(imports.find(({ path }) => path === 'app/emulation.ts')?.targets).toEqual(
      expect.arrayContaining([
        'settings/parts/providers.ts',
        'core/provider/provider.ts',
        'emulator/index.ts',
      ]),
    )
    expect(imports.find(({ path }) => path === 'app/app.ts')?.targets).toContain('fastify')
  })
})

test('each kind of violation would be found, and what is like it is not one', () => {
  const plant = (path: string, text: string) => violations([{ path, text }])
  const found: [path: string, text: string, violation: string | null][] = [
    ['core/a.ts', "import a from 'fastify'", 'core/a.ts imports the package fastify'],
    ['core/a.ts', "// import a from 'fastify'\nimport { z } from 'zod'", null],
    ['core/a.ts', "import type { A } from '../db/client.ts'", 'core/a.ts imports the room db'],
    ['login/a.ts', "import a from '../tokens/issue.ts'", 'login/a.ts imports the room tokens'],
    ['login/a.ts', "import { a } from '../http/query.ts'\nimport b from './b.ts'", null],
    ['login/a.ts', "import a from 'postgres'", 'login/a.ts imports postgres, which is for db'],
    ['db/a.ts', "import a from 'postgres'", null],
    [
      'operations/a.ts',
      'const a = await import(name)',
      'operations/a.ts imports what cannot be read: a computed name',
    ],
    ['login/a.ts', "import a from '../emulator/index.ts'", 'login/a.ts imports the emulator'],
    ['app/a.ts', "await import('../emulator/index.ts')", null],
    [
      'tokens/a.ts',
      "import { type A, b } from '../upstream/a.ts'",
      'tokens/a.ts imports more than types of the room upstream',
    ],
    ['tokens/a.ts', "import { type A, type B } from '../upstream/a.ts'", null],
    ['cellar/a.ts', '', 'cellar/a.ts is in a room that the house does not know'],
    ['core/a.ts', 'export const a = 1', 'core/a.ts: a says nothing'],
    ['core/a.ts', '/** One. */\nexport const a = 1\nexport type A = (typeof a)', null],
    ['login/a.ts', 'const a = process.env.A', 'login/a.ts reads process.env'],
    ['settings/environment.ts', 'const b = process.env', null],
    [
      'db/stores/a.ts',
      "new URL('../../../drizzle', import.meta.url)",
      'db/stores/a.ts looks beside src/ and is not one folder deep',
    ],
    ['db/a.ts', "new URL('../../drizzle', import.meta.url)", null],
    [
      'db/a.ts',
      `sql<\n  number | null\n>\`\${list(columns.map((c) => \`\${c}\`))} returning session_id\``,
      'db/a.ts spells session_id',
    ],
    [
      'db/a.ts',
      `sql\`json('session_id', \${ids.map((id) => { id })})\`; const session_id = \`session_id\``,
      null,
    ],
    ['login/a.ts', "if (row.id === 'github') a()", 'login/a.ts compares with a provider’s id'],
    ['providers/a.ts', "if (id === 'github') b()", null],
    ['login/a.ts', 'a()\n'.repeat(251), 'login/a.ts has 251 lines'],
    ['login/a.ts', 'a()\n'.repeat(250), null],
    ['texts/a.ts', 'a()\n'.repeat(251), null],
    ['emulator/a.ts', "import { texts } from '../texts/index.ts'", null],
    [
      'login/a.ts',
      "import { texts } from '../texts/index.ts'",
      'login/a.ts imports the room texts',
    ],
  ]
  for (const [path, text, violation] of found) {
    expect(plant(path, text), text).toEqual(violation === null ? [] : [violation])
  }
})

test('a circle would be found, and no more than that', () => {
  const files = {
    'core/a.ts': "import type { B } from './b.ts'",
    'core/b.ts': "import { c } from './c.ts'\nimport { d } from './d.ts'",
    'core/c.ts': "export * from './a.ts'",
    'core/d.ts': "import { z } from 'zod'",
    'core/e.ts': "import { a } from './a.ts'",
  }
  const sources = Object.entries(files).map(([path, text]) => ({ path, text }))
  expect(circles(sources)).toEqual([['core/a.ts', 'core/b.ts', 'core/c.ts']])
})

test('no test is skipped in a way that cannot say why', async () => {
  const SILENT = /\b(?:test|it|describe)\.(?:skipIf|runIf|todo)\b/
  const names = await readdir(import.meta.dirname, { recursive: true })
  const texts = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join(import.meta.dirname, name), 'utf8')] as const)
  expect(texts.filter(([, text]) => SILENT.test(text)).map(([name]) => name)).toEqual([])
  expect(texts.some(([, text]) => /\bskip\(.*'needs /.test(text))).toBe(true)
})

test('each file that docs/architecture.md names is there', async () => {
  const root = join(import.meta.dirname, '..')
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const named = [...page.matchAll(/`([\w./-]+\.(?:ts|mjs))`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(40)
  const isThere = (path: string) =>
    ['', 'src'].some((folder) => existsSync(join(root, folder, path)))
  expect(named.filter((path) => path.includes('/') && !isThere(path))).toEqual([])
})
