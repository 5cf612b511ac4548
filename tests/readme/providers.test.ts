import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ProviderRow } from '../../src/core/provider/provider.ts'
import { settingsPrefix } from '../../src/core/settings/prefix.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { english, korean, tableRows } from './texts.ts'

/** One line of the page's table, made of the row. */
function line(row: ProviderRow): string {
  const prefix = settingsPrefix(row.id)
  const own = Object.entries(row.settings)
  const required = own.filter(([, spec]) => spec.default === undefined).map(([name]) => name)
  const names = ['CLIENT_ID', ...(row.clientSecret ? [] : ['CLIENT_SECRET']), ...required]
  const settings = names.map((name) => `\`${prefix}${name}\``).join(', ')
  return `| [${row.name}](${row.console.url}) | \`/login/${row.id}/callback\` | ${settings} | ${row.gives} | ${row.emailVerifiedWhen} |`
}

test('the pages’ table of providers is what the rows say', () => {
  const readme = readFileSync('docs/providers.md', 'utf8')
  const table = builtInProviders.map(line)
  expect(readme.split('\n').filter((text) => table.includes(text))).toEqual(table)
})

test('docs/ko/providers.md has the same rows, its last two columns in Korean', () => {
  const rows = readFileSync('docs/ko/providers.md', 'utf8')
    .split('\n')
    .filter((text) => /^\| \[.*\/callback` \|/.test(text))
    .map((text) => text.split(' | '))
  const expected = builtInProviders.map((row) => line(row).split(' | '))
  expect(rows.map((cells) => cells.slice(0, 3))).toEqual(expected.map((cells) => cells.slice(0, 3)))
  for (const [, , , gives = '', verified = ''] of rows) {
    expect(`${gives} ${verified.replaceAll(/`[^`]*`/g, '')}`).toMatch(/[가-힣]/)
  }
})

test('.env.example names the settings of every provider', () => {
  const example = readFileSync('.env.example', 'utf8')
  for (const row of builtInProviders) {
    expect(example).toContain(`#${settingsPrefix(row.id)}CLIENT_ID=`)
    for (const name of Object.keys(row.settings)) {
      expect(example).toContain(`#${settingsPrefix(row.id)}${name}=`)
    }
  }
})

test('the addresses for events, their proofs and places are what the rows say', () => {
  for (const language of ['en', 'ko'] as const) {
    const text = language === 'en' ? english('providers') : korean('providers')
    const told = tableRows(text).filter(([, address = '']) => address.includes('/events'))
    const expected = builtInProviders.flatMap((row) =>
      (row.events?.addresses ?? []).map(({ path, where, setting, command }) => [
        `\`/providers/${row.id}/events${path}\``,
        setting === null ? null : `\`${settingsPrefix(row.id)}${setting}\``,
        command === undefined ? where[language] : `\`${command}\``,
      ]),
    )
    expect(expected.length).toBeGreaterThan(9)
    const named = told.map(([, address, proof = '', where]) => [
      ...[address, proof.startsWith('`') ? proof : null, where],
    ])
    expect(named).toEqual(expected)
  }
})
