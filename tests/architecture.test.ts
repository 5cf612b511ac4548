import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, posix, sep } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { builtInProviders } from '../src/providers/index.ts'

/** A source file: its path below `src`, with slashes, and its text. */
interface Source {
  path: string
  text: string
}

interface Import {
  /** `main.ts` or `core/linking.ts` for a file of ours, `zod` or `node:fs` for a package. */
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
const DOING = ['login', 'tokens', 'account', 'events', 'pages', 'operations']

/** The directions of the house, downwards. */
const ROOMS: Record<string, Directions> = {
  commands: { rooms: ['app', ...DOING, ...SHARED], packages: 'any' },
  app: { rooms: [...DOING, ...SHARED], packages: 'any' },
  ...Object.fromEntries(DOING.map((room) => [room, ROOM])),
  upstream: { rooms: ['core', 'http'], packages: 'any' },
  http: { rooms: ['core'], packages: 'any' },
  db: { rooms: ['core'], packages: ['drizzle-orm', 'postgres', 'uuid', 'node:*'] },
  settings: { rooms: ['core', 'providers'], packages: ['zod', 'node:*'] },
  providers: { rooms: ['core'], packages: ['zod', 'jose', 'node:crypto'] },
  core: { rooms: [], packages: ['zod', 'node:crypto'] },
  emulator: { rooms: [], packages: 'any' },
}

/** What opens the house from outside; nothing imports it. */
const DOOR = 'main.ts'

/** Drivers and tables belong to `db`, whatever else a room may import. */
const ONLY_IN_DB = ['drizzle-orm', 'postgres']

/** Loaded where a setting asks for it, and not before. */
const LAZY = ['prom-client']

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
  if (LAZY.includes(name) && kind === 'static') return `imports ${target} before it is asked for`
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
  if (lines > MAX_LINES) found.push(`${path} has ${lines} lines`)
  if (
    path !== 'settings/environment.ts' &&
    /\bprocess\s*(\??\.\s*env\b|\[\s*['"`]env)|\benv\b[^}\n]*}\s*(=\s*process\b|from\s*['"](node:)?process)/.test(
      code,
    )
  ) {
    found.push(`${path} reads process.env`)
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
    const dependencies = Object.keys(
      JSON.parse(readFileSync(join(dirname(SRC), 'package.json'), 'utf8')).dependencies,
    )
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
    expect(imports.find(({ path }) => path === 'app/providers.ts')?.targets).toEqual(
      expect.arrayContaining(['upstream/outbound.ts', 'app/context.ts', 'emulator/index.ts']),
    )
    expect(imports.find(({ path }) => path === 'app/app.ts')?.targets).toContain('fastify')
  })
})

describe('the test of the house', () => {
  const plant = (path: string, text: string) => violations([{ path, text }])

  test.each<[path: string, text: string, violation: string]>([
    ['core/a.ts', "import a from 'fastify'", 'core/a.ts imports the package fastify'],
    ['core/a.ts', "import { readFile } from 'node:fs'", 'core/a.ts imports the package node:fs'],
    ['core/a.ts', "import fs from 'fs'", 'core/a.ts imports the package fs'],
    ['core/a.ts', "import type { A } from '../db/client.ts'", 'core/a.ts imports the room db'],
    ['core/a.ts', "export * from '../http/query.ts'", 'core/a.ts imports the room http'],
    ['core/a.ts', "import '../main.ts'", 'core/a.ts imports main.ts of src itself'],
    [
      'core/a.ts',
      "import a from '../../tests/a.ts'",
      'core/a.ts imports ../tests/a.ts, which is not in src',
    ],
    ['providers/a.ts', "import a from '../http/json.ts'", 'providers/a.ts imports the room http'],
    ['providers/a.ts', "import a from 'undici'", 'providers/a.ts imports the package undici'],
    ['db/a.ts', "import a from '../login/flow.ts'", 'db/a.ts imports the room login'],
    ['db/a.ts', "import a from 'fastify'", 'db/a.ts imports the package fastify'],
    ['http/a.ts', "import a from '../db/client.ts'", 'http/a.ts imports the room db'],
    ['login/a.ts', "import a from '../tokens/issue.ts'", 'login/a.ts imports the room tokens'],
    [
      'login/a.ts',
      "import {\n  a,\n  type B,\n} from '../db/stores/index.ts'",
      'login/a.ts imports the room db',
    ],
    [
      'login/a.ts',
      "import postgres from 'postgres'",
      'login/a.ts imports postgres, which is for db',
    ],
    [
      'tokens/a.ts',
      "import { sql } from 'drizzle-orm/pg-core'",
      'tokens/a.ts imports drizzle-orm/pg-core, which is for db',
    ],
    ['tokens/a.ts', "import a from '../account/routes.ts'", 'tokens/a.ts imports the room account'],
    [
      'account/a.ts',
      "const a = await import('../tokens/issue.ts')",
      'account/a.ts imports the room tokens',
    ],
    [
      'account/a.ts',
      "type A = import('../db/stores/index.ts').Stores",
      'account/a.ts imports the room db',
    ],
    ['pages/a.ts', "import a from '../login/flow.ts'", 'pages/a.ts imports the room login'],
    [
      'pages/a.ts',
      "import a from '../providers/index.ts'",
      'pages/a.ts imports the room providers',
    ],
    [
      'operations/a.ts',
      "import a from '../db/stores/sweep.ts'",
      'operations/a.ts imports the room db',
    ],
    [
      'operations/a.ts',
      'const a = await import(name)',
      'operations/a.ts imports what cannot be read: a computed name',
    ],
    [
      'operations/a.ts',
      "import { Registry } from 'prom-client'",
      'operations/a.ts imports prom-client before it is asked for',
    ],
    ['login/a.ts', "import a from '../emulator/index.ts'", 'login/a.ts imports the emulator'],
    ['main.ts', "await import('./emulator/index.ts')", 'main.ts imports the emulator'],
    ['main.ts', "import a from './app/app.ts'", 'main.ts imports the room app'],
    [
      'app/a.ts',
      "import a from '../emulator/index.ts'",
      'app/a.ts imports the emulator before it is asked for',
    ],
    ['commands/a.ts', "await import('../emulator/index.ts')", 'commands/a.ts imports the emulator'],
    ['emulator/a.ts', "import a from '../core/text.ts'", 'emulator/a.ts imports the room core'],
    ['app/a.ts', "import '../main.ts'", 'app/a.ts imports main.ts of src itself'],
    ['app/a.ts', "import '../commands/start.ts'", 'app/a.ts imports the room commands'],
    ['settings/a.ts', "import a from '../app/app.ts'", 'settings/a.ts imports the room app'],
    ['settings/a.ts', "import a from '../login/flow.ts'", 'settings/a.ts imports the room login'],
    ['upstream/a.ts', "import a from '../login/flow.ts'", 'upstream/a.ts imports the room login'],
    [
      'tokens/a.ts',
      "import { type A, b } from '../upstream/a.ts'",
      'tokens/a.ts imports more than types of the room upstream',
    ],
    [
      'login/a.ts',
      "type A = typeof import('../emulator/index.ts')",
      'login/a.ts imports the emulator',
    ],
    ['cellar/a.ts', '', 'cellar/a.ts is in a room that the house does not know'],
    ['login/a.ts', 'const a = process.env.A', 'login/a.ts reads process.env'],
    ['settings/index.ts', "const a = process['env']", 'settings/index.ts reads process.env'],
    ['settings/index.ts', 'const { env } = process', 'settings/index.ts reads process.env'],
    [
      'settings/index.ts',
      "import { env } from 'node:process'",
      'settings/index.ts reads process.env',
    ],
    ['login/a.ts', "if (row.id === 'github') a()", 'login/a.ts compares with a provider’s id'],
    ['core/a.ts', 'if ("kakao" != id) a()', 'core/a.ts compares with a provider’s id'],
    ['login/a.ts', "switch (id) { case 'apple': a() }", 'login/a.ts compares with a provider’s id'],
    [
      'login/a.ts',
      "if (['google', 'line'].includes(id)) a()",
      'login/a.ts compares with a provider’s id',
    ],
    ['app/a.ts', "if (ids.includes('naver')) a()", 'app/a.ts compares with a provider’s id'],
  ])('finds in %s: %j', (path, text, violation) => {
    expect(plant(path, text)).toEqual([violation])
  })

  test.each<[path: string, text: string]>([
    ['core/a.ts', "import { z } from 'zod'\nimport { b } from './b.ts'"],
    ['core/a.ts', "import { createHash } from 'node:crypto'"],
    ['core/a.ts', "// import a from 'fastify'\n/* import b from '../db/client.ts' */"],
    ['core/a.ts', "const text = 'see https://example.com' // process.env.A"],
    ['providers/a.ts', "import { b } from '../core/provider.ts'\nif (id === 'github') b()"],
    ['db/a.ts', "import { a } from 'drizzle-orm/pg-core'\nimport postgres from 'postgres'"],
    ['login/a.ts', "import { a } from '../http/query.ts'\nimport b from '@fastify/oauth2'"],
    ['login/played/a.ts', "import { a } from '../../core/text.ts'\nimport b from '../flow.ts'"],
    ['operations/a.ts', "const a = await import('prom-client')"],
    ['app/a.ts', "await import('../emulator/index.ts')\nimport b from '../db/stores/index.ts'"],
    ['app/a.ts', "type A = typeof import('../emulator/index.ts')"],
    ['app/a.ts', "import { a } from '../login/flow.ts'\nimport b from '../core/secrets.ts'"],
    ['main.ts', "import './commands/main.ts'"],
    ['commands/a.ts', "import { a } from '../app/app.ts'"],
    ['settings/environment.ts', 'const b = process.env'],
    ['settings/a.ts', "import { a } from '../providers/index.ts'\nimport b from './index.ts'"],
    ['tokens/a.ts', "import type { A } from '../upstream/a.ts'"],
    ['tokens/a.ts', "import { type A, type B } from '../upstream/a.ts'"],
    ['login/native.ts', "import { type A, b } from '../upstream/a.ts'"],
    ['emulator/played/a.ts', "import { a } from '../keys.ts'\nif (id === 'kakao') a()"],
    ['login/a.ts', "const name = 'google'\nif (response.kind === 'code') a(name)"],
  ])('accepts in %s: %j', (path, text) => {
    expect(plant(path, text)).toEqual([])
  })

  test('finds circles, and no more than these', () => {
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

  test('counts lines', () => {
    expect(plant('login/a.ts', 'a()\n'.repeat(251))).toEqual(['login/a.ts has 251 lines'])
    expect(plant('login/a.ts', 'a()\n'.repeat(250))).toEqual([])
  })
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
