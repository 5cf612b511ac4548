import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { buildModule } from '../../helpers/built-module.ts'

const MODULE = buildModule('commands/admin/import/spool.ts')

/** Sorts as many as are spread in one write, where a file may have so many blocks of 512 bytes; says how many came back. */
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
       for (let turn = 0; turn < 16_385; turn++) spool.add('a', 'x'.repeat(1_016))
       console.log([...spool.groups()][0].length)`,
    ],
    { encoding: 'utf8' },
  )

test('what an import sorts is there whole, or the import ends: a full disk takes a part of a write', () => {
  expect(sortIn('unlimited')).toMatchObject({ stdout: '16385\n', stderr: '', status: 0 })
  const full = sortIn(20_000)
  expect(full.stdout).toBe('')
  expect(full.stderr).toMatch(/AdminError: .* does not take what is to be sorted \(EFBIG\)/)
})
