import { join } from 'node:path'
import { buildSync } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

/** One file of `src/` with all that it imports of ours, as a module that a bare Node.js loads; gives its path. */
export function buildModule(source: string): string {
  const outfile = join(
    ...[ROOT, 'node_modules/.cache/latchkey-tests'],
    `${source.replaceAll('/', '-')}.${process.pid}.mjs`,
  )
  buildSync({
    ...{ absWorkingDir: ROOT, entryPoints: [join('src', source)], outfile },
    ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20' },
    logLevel: 'warning',
  })
  return outfile
}
