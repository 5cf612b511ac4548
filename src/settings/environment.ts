import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Environment } from './reader.ts'

/** The process's environment over what `.env` in the working folder says. */
export function readEnvironment(): Environment {
  return { ...readEnvironmentFile(), ...process.env }
}

/** What `.env` in the working folder says; nothing where there is none. */
export function readEnvironmentFile(): Environment {
  return existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}
}
