import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const english = read('README.md')
const korean = read('README.ko.md')

const blocks = (text: string) =>
  [...text.matchAll(/```(?:sh|js|nginx|caddyfile)\n[\s\S]*?```/g)].map(([block]) =>
    // Comments are in the language of the text.
    block.replace(/#.*$/gm, '').replace(/[ \t]+$/gm, ''),
  )

test('every snippet of the Korean README stands in the English one', () => {
  const known = blocks(english)
  const shown = blocks(korean)
  expect(shown.length).toBeGreaterThan(6)
  expect(shown.filter((block) => !known.includes(block))).toEqual([])
})

test('both name every provider with its console, redirect URI and settings', () => {
  for (const { id, console } of builtInProviders) {
    for (const text of [english, korean]) {
      expect(text).toContain(`](${console}) | \`/login/${id}/callback\` |`)
    }
  }
})

test.each(['README.md', 'README.ko.md'])('every file that %s leads to is there', (name) => {
  const targets = [...read(name).matchAll(/\]\(([^)#\s]+)\)/g)].map(([, target = '']) => target)
  const files = targets.filter((target) => !/^https?:/.test(target))
  expect(files).toEqual(expect.arrayContaining(['docs/sign-in-light.png', 'docs/sign-in-dark.png']))
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})
