import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
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

test('a start opens the files of no package but the driver, and what the build took in of others comes with its license', async () => {
  const folder = await newFolder()
  onTestFinished(() => folder.remove())
  await bundle(folder.path)
  const parts = join(folder.path, 'parts')
  const names = (await readdir(parts)).filter((name) => name.endsWith('.js'))
  const files = await Promise.all(names.map((name) => readFile(join(parts, name), 'utf8')))
  const imported = files.flatMap((text) =>
    [...text.matchAll(/^(?:(?:import|export)\b.*|\}) from "([^"./][^"]*)";$/gm)].map(
      ([, name]) => name,
    ),
  )
  expect(new Set(imported.filter((name = '') => !isBuiltin(name)))).toEqual(new Set(['postgres']))
  const licenses = await readFile(join(folder.path, 'licenses.txt'), 'utf8')
  const texts = new Map(
    licenses
      .split(/^---- (?=.+ \(.+\)$)/m)
      .slice(1)
      .map((one) => [one.slice(0, one.indexOf(' ')), one.slice(one.indexOf('\n')).trim()]),
  )
  for (const name of ['fastify', 'find-my-way', 'zod', 'asn1.js']) {
    expect(texts.get(name), name).toMatch(/^Copyright/m)
  }
  // These have no license's text in their packages.
  expect(texts.get('abstract-logging')).toMatch(
    /^Copyright \(c\) James Sumners.*\n\nPermission is/m,
  )
  expect(texts.get('drizzle-orm')).toContain('NOTICE')
  expect([...texts].filter(([, text]) => text === '')).toEqual([])
})
