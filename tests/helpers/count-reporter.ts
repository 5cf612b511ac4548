import type { Reporter } from 'vitest/node'

/**
 * Ends the output with one line, `N passed, N failed`, and with `, N skipped` when there are any;
 * before it, each skipped test with its reason, and, where a run was told to try again (`--retry=1`),
 * each that failed once, with what it failed of. Those skipped without one, since a name was asked for or
 * what stands before them failed, are only counted. A file that cannot be loaded counts as one failure.
 */
export const countReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    let skipped = 0
    let nameless = 0
    const notes: string[] = []
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') {
          passed += 1
          if (test.diagnostic()?.flaky) {
            const [first] = result.errors ?? []
            notes.push(`failed once: ${test.fullName} (${first?.message.split('\n')[0]})`)
          }
        } else if (result.state === 'skipped') {
          skipped += 1
          if (result.note === undefined) nameless += 1
          else notes.push(`skipped: ${test.fullName} (${result.note})`)
        } else failed += 1
      }
    }
    if (nameless > 0)
      notes.push(`skipped: ${nameless}, by a name that was asked for, or behind a failure`)
    const counts = [`${passed} passed`, `${failed} failed`]
    if (skipped > 0) counts.push(`${skipped} skipped`)
    // Other reporters print after their last hook, so the line waits for the end of the process.
    process.on('exit', () => {
      process.stdout.write(`${[...notes, counts.join(', ')].join('\n')}\n`)
    })
  },
}
