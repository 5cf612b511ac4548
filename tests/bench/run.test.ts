import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

test('the benchmark measures every unit beside everything that it is compared with', async () => {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'bench/run.ts', '--smoke', '--markdown'],
    {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect(code, errors).toBe(0)
  const rows = output.split('\n').filter((line) => line.startsWith('| '))
  const units = rows.slice(1).map((line) => line.split(' | ').slice(0, 4).join(' | '))
  expect(units.filter((unit) => unit.endsWith('minimum'))).toHaveLength(10)
  expect(units.filter((unit) => unit.endsWith('bare route'))).toHaveLength(3)
  expect(units.filter((unit) => unit.endsWith('better-auth'))).toHaveLength(3)
  expect(units.filter((unit) => unit.endsWith('RATE_LIMIT=off'))).toHaveLength(1)
  expect(units.filter((unit) => unit.endsWith('one process'))).toHaveLength(1)
  expect(output).not.toContain('NaN')
  // A side that asks the provider less often would be no fair one.
  expect(output).toContain('one login: Latchkey 1, minimum 1, better-auth 1, RATE_LIMIT=on 1.')
}, 240_000)
