import { access, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bundle } from '../../scripts/bundle.mjs'
import { newFolder } from '../helpers/server-process.ts'

test('a build removes what is of no use any more, and nothing that another build is about to put in place', async () => {
  const folder = await newFolder()
  onTestFinished(() => folder.remove())
  const isThere = {
    // As another process names it until it is whole.
    'main.js.new-1': true,
    'parts/browser/words.js.new-1': true,
    'parts/browser/words.js.old': false,
    'parts/gone-ABCDEFGH.js': false,
    'parts/gone-ABCDEFGH.js.new-1': false,
    'commands/main.js': false,
  }
  for (const name of Object.keys(isThere)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true })
    await writeFile(join(folder.path, name), '')
  }
  await bundle(folder.path)
  const left = await Promise.all(
    Object.keys(isThere).map(async (name) => [
      name,
      await access(join(folder.path, name)).then(
        () => true,
        () => false,
      ),
    ]),
  )
  expect(Object.fromEntries(left)).toEqual(isThere)
})
