// `npm run soak -- 30m`; two minutes where no time is given.
import { spawnSync } from 'node:child_process'

const [time = '2m'] = process.argv.slice(2)
if (!/^\d+[smh]$/.test(time)) {
  process.stderr.write('Give a time such as 90s, 30m or 8h: npm run soak -- 30m\n')
  process.exit(2)
}
const args = ['vitest', 'run', '--config', 'tests/faults/soak.config.ts']
const { status } = spawnSync('npx', args, {
  stdio: 'inherit',
  env: { ...process.env, SOAK_FOR: time },
})
process.exit(status ?? 1)
