import { existsSync } from 'node:fs'
import { settingsPrefix } from '../core/settings/prefix.ts'
import { type Finding, warning } from '../operations/doctor/findings.ts'
import { checkNames } from '../operations/doctor/names.ts'
import type { DoctorTexts } from '../operations/doctor/texts/texts.ts'
import { builtInProviders } from '../providers/index.ts'
import type { Settings } from '../settings/index.ts'
import { readProvider } from '../settings/parts/providers.ts'
import { type Environment, Reader } from '../settings/reader.ts'

/** Settings that have no effect: misspelt ones, and those of something that is not enabled. */
export function checkGivenNames(
  reader: Reader,
  { env, file, cut }: { env: Environment; file: Environment; cut: readonly string[] },
  words: DoctorTexts,
): Finding[] {
  const idle = new Map([['WEBHOOK_SECRET', 'WEBHOOK_URL']])
  for (const row of builtInProviders) {
    const all = new Reader({})
    readProvider(all, row)
    for (const name of all.names) idle.set(name, `${settingsPrefix(row.id)}CLIENT_ID`)
  }
  const given = Object.keys(env).filter((name) => env[name]?.trim())
  // It is always read, but used only with a URL.
  const read = new Set(reader.names)
  if (!given.includes('WEBHOOK_URL')) read.delete('WEBHOOK_SECRET')
  const cutShort = cut.filter(
    (name) => (read.has(name) || idle.has(name)) && env[name] === file[name],
  )
  const commented = given.filter((name) => read.has(name) && endsInComment(name, env, file))
  return [
    ...cutShort.map((name) => warning(words.cut(name))),
    ...commented.map((name) => warning(words.commented(name))),
    ...checkNames({ read, idle, given, inFile: Object.keys(file) }, words),
  ]
}

/** Outside `.env` a comment behind a value is part of it; a name that people read may have a # of its own. */
const endsInComment = (name: string, env: Environment, file: Environment): boolean =>
  !name.endsWith('_NAME') && env[name] !== file[name] && /\s#/.test(env[name] ?? '')

/** Files that container engines leave in a container. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv', '/var/run/secrets/kubernetes.io']

/**
 * Whether this is a container whose server cannot be reached from outside, although it serves
 * others than a developer.
 */
export function isHostForgotten({ isHostGiven, emulate }: Settings): boolean {
  return !isHostGiven && emulate.length === 0 && CONTAINER_MARKS.some((path) => existsSync(path))
}
