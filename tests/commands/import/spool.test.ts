import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const MODULE = join(import.meta.dirname, '../../../dist/commands/admin/import/spool.js')

/** Sorts 40,000 lines of 500 bytes where each file may have so many blocks of 512 bytes; says how many came back. */
const sortIn = (blocks: number | 'unlimited') =>
  spawnSync(
    '/bin/sh',
    [
      '-c',
      `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`,
      process.execPath,
      ...['--input-type=module', '-e'],
      `import { Spool } from ${JSON.stringify(MODULE)}
       const spool = new Spool()
       for (let turn = 0; turn < 40_000; turn++) spool.add(String(turn), { pad: 'x'.repeat(480) })
       console.log([...spool.groups()].length)`,
    ],
    { encoding: 'utf8' },
  )

test('what an import sorts is there whole, or the import ends: a full disk takes a part of a write', () => {
  expect(sortIn('unlimited')).toMatchObject({ stdout: '40000\n', stderr: '', status: 0 })
  const full = sortIn(120)
  expect(full.stdout).toBe('')
  expect(full.stderr).toMatch(/AdminError: .* does not take what is to be sorted \(EFBIG\)/)
})
