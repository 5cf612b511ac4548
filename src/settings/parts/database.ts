import { readFileSync } from 'node:fs'
import {
  type DatabaseAddress,
  DatabaseUrlError,
  parseDatabaseUrl,
} from '../../core/settings/database-url.ts'
import type { Reader } from '../reader.ts'

/** DATABASE_URL, null where it is not set. The files that it names are read anew for each connection. */
export function readDatabaseUrl(reader: Reader): string | null {
  const url = reader.text('DATABASE_URL')
  if (url === undefined) return null
  try {
    checkFiles(reader, parseDatabaseUrl(url))
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    reader.refuse('databaseUrlProblem', error.problem)
  }
  return url
}

function checkFiles(reader: Reader, address: DatabaseAddress): void {
  if (address.sslMode === 'disable') return
  const { sslRootCert, sslCert, sslKey } = address
  const named = {
    sslrootcert: sslRootCert === 'system' ? undefined : sslRootCert,
    sslcert: sslCert,
    sslkey: sslKey,
  }
  for (const [parameter, path] of Object.entries(named)) {
    if (path === undefined) continue
    try {
      readFileSync(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      reader.refuse('databaseFile', parameter, path, String(code))
    }
  }
}
