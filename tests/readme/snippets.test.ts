import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startProject } from './project.ts'
import { codeBlocks, english, PAGES } from './texts.ts'

/** The code blocks of a language on all pages. */
const blocks = (language: string) =>
  PAGES.flatMap((page) => codeBlocks(english(page)))
    .filter((block) => block.language === language)
    .map(({ code }) => code)

test('every JavaScript block can be parsed', async () => {
  const all = blocks('js')
  expect(all.length).toBeGreaterThanOrEqual(7)
  const files = Object.fromEntries(all.map((code, place) => [`block-${place}.js`, code]))
  const project = await startProject({ ...files, 'broken.js': 'const = 1' })
  const check = (name: string) =>
    promisify(execFile)(process.execPath, ['--check', join(project.path, name)])
  try {
    await Promise.all(Object.keys(files).map(check))
    await expect(check('broken.js')).rejects.toThrow('SyntaxError')
  } finally {
    await project.remove()
  }
})

test('every Python block can be parsed', async ({ skip }) => {
  skip(spawnSync('python3', ['--version']).status !== 0, 'needs python3: apt-get install python3')
  const parse = (codes: string[]) =>
    spawnSync(
      'python3',
      ['-c', 'import ast, json, sys\nfor code in json.load(sys.stdin): ast.parse(code)'],
      { input: JSON.stringify(codes) },
    )
  expect(blocks('python').length).toBeGreaterThan(0)
  expect(String(parse(blocks('python')).stderr)).toBe('')
  expect(parse(['def = 1']).status).toBe(1)
})
