import { defineConfig } from 'vitest/config'
import { countReporter } from './tests/helpers/count-reporter.ts'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/helpers/global-setup.ts'],
    pool: 'forks',
    fileParallelism: true,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: ['default', countReporter],
  },
})
