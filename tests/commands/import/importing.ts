import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runImport } from '../../../src/commands/admin/import/index.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { readSettings } from '../../../src/settings/index.ts'
import type { Environment } from '../../../src/settings/reader.ts'
import { type Latchkey, TEST_SECRET } from '../../helpers/latchkey.ts'

/** What `users import … --json` says. */
export interface Report {
  dry_run: boolean
  users: {
    at: string
    id: string | null
    sub?: string
    outcome: 'new' | 'known' | 'not_taken'
    provider?: string | null
    subject?: string | null
    reason?: string
  }[]
  counts: Record<'users_new' | 'users_known' | 'identities_new' | 'not_taken' | 'faults', number>
}

/** Imports files of these contents, by the command, into the database of a Latchkey. */
export async function importInto(
  { database }: Latchkey,
  from: string,
  files: Readonly<Record<string, string | object>>,
  { env = {}, isDryRun = false }: { env?: Environment; isDryRun?: boolean } = {},
): Promise<Report> {
  const settings = readSettings({ SECRET: TEST_SECRET, EMULATE: '', ...env })
  const stores = createStores(database, {
    ...settings.people,
    sessionsPerUser: settings.sessionsPerUser,
    accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
    trustedProviders: settings.trustedProviders,
  })
  const folder = mkdtempSync(join(tmpdir(), 'import-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      const isWritten = typeof content === 'string' || Buffer.isBuffer(content)
      writeFileSync(join(folder, name), isWritten ? content : JSON.stringify(content))
    }
    const names = Object.keys(files).map((name) => join(folder, name))
    const flags = { now: false, follow: false, json: true, from, 'dry-run': isDryRun }
    const words = ['import', ...names]
    const said = await runImport({ stores, settings, words, flags, close: async () => {} })
    let text = ''
    if ('pieces' in said) for await (const piece of said.pieces) text += piece
    return JSON.parse(text) as Report
  } finally {
    process.exitCode = 0
    rmSync(folder, { recursive: true })
  }
}

/** What was not taken, in a word each. */
export const leftOf = ({ users }: Report): string[] =>
  users.flatMap(({ outcome, provider, subject, reason }) =>
    outcome === 'not_taken' ? [[provider, subject, reason].filter(Boolean).join(' ')] : [],
  )
