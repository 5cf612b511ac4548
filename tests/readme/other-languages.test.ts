import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseYaml } from '@redocly/openapi-core'
import { expect, test } from 'vitest'
import { findProgram, whyMissing } from '../helpers/programs.ts'
import { newFolder } from '../helpers/server-process.ts'
import { codeBlocks, english, KOREAN_PAGES, korean } from './texts.ts'

/** The samples of a language, each once: those of the Korean pages differ in their comments. */
const samples = (language: string) =>
  KOREAN_PAGES.flatMap((page) =>
    [english(page), korean(page)].flatMap((text) =>
      codeBlocks(text).filter((block) => block.language === language),
    ),
  ).map(({ code }) => code)

interface SpringSettings {
  spring?: { security: { oauth2: { client: unknown } } }
}

/** How Spring writes a variable of the environment. */
const variable = (name: string) => `$\{${name}}`

// Neither Spring's libraries nor an allauth that speaks OpenID Connect can be had here: their samples are
// only read, as YAML, Java and Python.

test('every sample of YAML can be read, and Spring’s has its settings in their places', () => {
  const all = samples('yaml').map((code) => parseYaml(code) as SpringSettings)
  expect(all.length).toBeGreaterThan(1)
  const client = all.find(({ spring }) => spring !== undefined)?.spring?.security.oauth2.client
  expect(client).toEqual({
    registration: {
      latchkey: {
        'client-id': 'web',
        'client-secret': variable('LATCHKEY_SECRET'),
        scope: 'openid, profile, email',
      },
    },
    provider: { latchkey: { 'issuer-uri': variable('LATCHKEY_URL') } },
  })
  expect(() => parseYaml('spring:\n  a: b\n c: d')).toThrow()
})

const python = findProgram('python3') ?? ''

test('every sample of Python can be read by Python', ({ skip }) => {
  const missing = whyMissing('python3')
  skip(missing !== null, missing ?? '')
  const all = samples('python')
  expect(all.length).toBeGreaterThan(6)
  const check = (code: string) =>
    spawnSync(python, ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: code })
  for (const code of all) expect([code, check(code).status]).toEqual([code, 0])
  expect(check('def home(:').status).not.toBe(0)
})

test('every sample of Java can be read by javac, which knows no name of Spring', async ({
  skip,
}) => {
  const missing = whyMissing('javac', 'default-jdk-headless')
  skip(missing !== null, missing ?? '')
  const folder = await newFolder()
  const faults = async (code: string) => {
    const isClass = /\bclass \w+/.test(code)
    const file = join(folder.path, 'Sample.java')
    await writeFile(file, isClass ? code : `class Sample {\n${code}\n}\n`)
    const { stderr } = spawnSync('javac', ['-proc:none', '-d', folder.path, file], {
      encoding: 'utf8',
    })
    return [...stderr.matchAll(/error: (.*)/g)].map(([, text]) => text)
  }
  const unknown = /^cannot find symbol$|does not exist$/
  try {
    const all = samples('java')
    expect(all.length).toBeGreaterThan(2)
    for (const code of all) {
      expect((await faults(code)).filter((text) => !unknown.test(text ?? ''))).toEqual([])
    }
    const [first = ''] = all
    expect(await faults(first.replace(';', ''))).toContain("';' expected")
  } finally {
    await folder.remove()
  }
})
