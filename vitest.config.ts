import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { countReporter } from './tests/helpers/count-reporter.ts'
import { SlowFirst } from './tests/helpers/slow-first.ts'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/helpers/each-file.ts'],
    globalSetup: ['tests/helpers/global-setup.ts'],
    pool: 'forks',
    // A file in a process of its own would load the whole app anew, which costs more than most tests.
    isolate: false,
    // Many tests wait, for a timeout or another program: with a worker per core the cores would idle.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: SlowFirst },
    // For a busy machine, where a server or a browser may take seconds to start.
    testTimeout: 60_000,
    // Once more where it failed: some tests watch the clock of a machine that others use too; the last lines name each of them.
    retry: 1,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', countReporter],
  },
})
