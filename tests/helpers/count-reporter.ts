import type { Reporter } from 'vitest/node'

/**
 * Ends the output with one line, `N passed, N failed`, and with `, N skipped` when there are any;
 * before it, each skipped test with its reason. A file that cannot be loaded counts as one failure.
 */
export const countReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    const skipped: string[] = []
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed += 1
        else if (result.state === 'skipped') {
          skipped.push(`skipped: ${test.fullName} (${result.note ?? 'no reason given'})`)
        } else failed += 1
      }
    }
    const counts = [`${passed} passed`, `${failed} failed`]
    if (skipped.length > 0) counts.push(`${skipped.length} skipped`)
    // Other reporters print after their last hook, so the line waits for the end of the process.
    process.on('exit', () => {
      process.stdout.write(`${[...skipped, counts.join(', ')].join('\n')}\n`)
    })
  },
}
