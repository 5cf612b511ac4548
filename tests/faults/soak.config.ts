import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['tests/faults/soak.ts'], pool: 'forks', reporters: ['default'] },
})
