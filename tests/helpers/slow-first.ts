import { readFileSync } from 'node:fs'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What starts programs or waits for seconds. */
const SLOW = /useChromium|startServerProcess|startEmbeddedServer|spawn\(|provider_timeout|'\ds'/

/**
 * Slow files come first, so that no worker is left alone with one at the end. Without this the first
 * run on a machine goes by the size of the files.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = (file: TestSpecification) => SLOW.test(readFileSync(file.moduleId, 'utf8'))
    const sorted = await super.sort(files)
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}
