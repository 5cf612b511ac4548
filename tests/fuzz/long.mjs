// `npm run fuzz [-- FACTOR]`: the cases of tests/fuzz many times over. FUZZ_SEED has the same ones again.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [factor = '40'] = process.argv.slice(2)
const vitest = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
)
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', 'tests/fuzz', '--testTimeout=3600000', '--retry=0'],
  { stdio: 'inherit', env: { ...process.env, FUZZ_FACTOR: factor } },
)
process.exit(status ?? 1)
