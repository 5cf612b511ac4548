import { readFileSync } from 'node:fs'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What starts programs or a browser, or waits. */
const WAITS =
  /useChromium|usePlayground|ServerProcess|spawn|execFile|OwnPostgres|InstalledPostgres|startProject|EmbeddedServer|set(Timeout|Interval)\(|\b(sleep|wait|pause)\(|provider_timeout|'\ds'/
/** What has a server or a database, as most scenery is. */
const HAS_SCENERY = /from '.*\/helpers\//
/** One test is many of them. */
const MANY = /\.each\(|for \(const .* of /

/** About how long a file takes, from what stands in it: measured times would have to be kept. */
function guess({ moduleId }: TestSpecification): number {
  const text = readFileSync(moduleId, 'utf8')
  const kind = WAITS.test(text) ? 2e6 : HAS_SCENERY.test(text) ? 1e6 : 0
  return kind + text.length * (MANY.test(text) ? 3 : 1)
}

/**
 * Slow files come first and those that compute only come last, so that no worker is left alone with a
 * long one at the end. Without this the first run on a machine goes by the size of the files.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const guesses = new Map(files.map((file) => [file, guess(file)]))
    const of = (file: TestSpecification) => guesses.get(file) ?? 0
    return [...files].sort((one, other) => of(other) - of(one))
  }
}
