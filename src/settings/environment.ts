import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { FileError } from '../core/settings/file-problem.ts'
import { readEnvironmentLines, withoutQuotes } from './environment-lines.ts'
import type { Environment } from './reader.ts'

/** The process's environment over what `.env` in the working folder says. */
export function readEnvironment(
  file: Environment = readEnvironmentFile(),
  own: Environment = process.env,
): Environment {
  const given = Object.entries(own).map(([name, value]) => [name, value && withoutQuotes(value)])
  return { ...file, ...Object.fromEntries(given) }
}

/** Whether npm or npx runs this, by a shell. */
export const isRunByNpm = (): boolean => process.env.npm_lifecycle_event !== undefined

/**
 * Gives OpenTelemetry's SDK, which reads its OTEL_ settings from the process's environment and from
 * nowhere else, what they are here.
 */
export function lendToOpenTelemetry(env: Environment): void {
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('OTEL_') && value !== undefined) process.env[name] = value
  }
}

/**
 * What `.env` in the working folder says; nothing where there is none.
 *
 * @throws FileError where there is one that cannot be read as text in UTF-8, line by line.
 */
export function readEnvironmentFile(path = '.env'): Environment {
  const text = readText(path)
  const { values, strange, unclosed } = readEnvironmentLines(text)
  if (strange !== null) throw new FileError({ reason: 'env_line', path, line: strange })
  if (unclosed !== null) {
    throw new FileError({ reason: 'env_quote', path, line: unclosed })
  }
  return values
}

/** Names in `.env` whose value ends at a #, which begins a comment wherever it stands outside quotes. */
export const namesCutInFile = (path = '.env'): string[] => readEnvironmentLines(readText(path)).cut

function readText(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code, message: why } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return ''
    throw new FileError({ reason: 'env_unread', path, why })
  }
  if (bytes.includes(0) || isUtf16(bytes)) {
    throw new FileError({ reason: 'env_utf16', path })
  }
  if (!isUtf8(bytes)) throw new FileError({ reason: 'env_encoding', path })
  // Editors put a byte order mark before the first name, and some end lines as old ones did.
  return bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
}

const isUtf16 = (bytes: Buffer) => ['fffe', 'feff'].includes(bytes.toString('hex', 0, 2))
