import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDatabaseUrl } from '../../src/core/settings/database-url.ts'
import { settingsPrefix } from '../../src/core/settings/prefix.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { readSettings, SettingsError } from '../../src/settings/index.ts'
import type { Environment } from '../../src/settings/reader.ts'
import { codeBlocks, codeSpans, english, KOREAN_PAGES, korean, ROOT, tableRows } from './texts.ts'

const example = readFileSync(join(ROOT, '.env.example'), 'utf8')
const lines = [...example.matchAll(/^#([A-Z][A-Z0-9_]*)=(.*)$/gm)]
const documented = new Map(lines.map(([, name = '', value = '']) => [name, value]))

const prefixes = [...builtInProviders.map(({ id }) => settingsPrefix(id)), 'CORP_']
const isOfProvider = (name: string) => prefixes.some((prefix) => name.startsWith(prefix))

/** A provider that .env.example shows this setting of. */
const providerWith = (ending: string) =>
  [...documented.keys()]
    .find((name) => isOfProvider(name) && name.endsWith(ending))
    ?.split('_')[0] ?? 'GOOGLE'

/** The names that are made of an id, as .env.example has them. */
const asInExample = (name: string) =>
  name
    .replace(/^CLIENT_(<ID>|SPA|APP|SHOP)_/, 'CLIENT_WEB_')
    .replace('<ID>_', 'CORP_')
    .replace(/^<PROVIDER>(?=_)/, (_, __, name) => providerWith(name.slice('<PROVIDER>'.length)))

/** Upper-case names of the pages that are no settings of Latchkey. */
const OTHERS =
  /^(NODE_ENV|NODE_EXTRA_CA_CERTS|UV_THREADPOOL_SIZE|APP_URL|SESSION_SECRET|AUTH_SECRET|SOCIALACCOUNT_\w+|INSTALLED_APPS|ACCOUNT_EMAIL_VERIFICATION|OAUTH_PKCE_ENABLED|SESSION_COOKIE_SAMESITE|SECRET_KEY|SECRET_FILE|EVENT_TYPES|POSTGRES_PASSWORD|SECRET_OF_\w+|OTEL_\w+|CLIENT_<ID>|INVALID_CLIENT|ID_TOKEN|JWK_URL|USER_ID_CLAIM|TOKEN_TYPE_CLAIM|LATCHKEY_\w+|ERR_\w+|(<PROVIDER>|CORP)_\w+_(ENDPOINT|URI)|<PROVIDER>_ISSUER)$/

/** The names of all settings that the server asks the environment for. */
function askedFor(): Set<string> {
  const ids = builtInProviders.map(({ id }) => [`${settingsPrefix(id)}CLIENT_ID`, 'an-id'])
  const env = { ...Object.fromEntries(ids), CLIENTS: 'web,app', OIDC_PROVIDERS: 'corp' }
  const names = new Set<string>()
  const watched = new Proxy<Environment>(env, {
    get: (target, name) => {
      names.add(String(name))
      return target[String(name)]
    },
  })
  // What is missing here is not the question.
  expect(() => readSettings(watched)).toThrow(SettingsError)
  return names
}

test.each([
  ['English', KOREAN_PAGES.map(english).join('\n')],
  ['Korean', KOREAN_PAGES.map(korean).join('\n')],
])('every setting that a page in %s names is explained in .env.example', (_, text) => {
  const found = text.matchAll(/(?<![\w<>$.])(?:<[A-Z]+>|[A-Z][A-Z0-9]*)(?:_(?:<ID>|[A-Z0-9]+))+\b/g)
  const names = [...new Set([...found].map(([name]) => name))]
  const settings = names.filter((name) => !OTHERS.test(name))
  expect(settings.length).toBeGreaterThan(60)
  expect(settings.filter((name) => !documented.has(asInExample(name)))).toEqual([])
})

test('the table of settings has all of .env.example but the providers’', () => {
  for (const text of [english('settings'), korean('settings')]) {
    const table = tableRows(text).filter(([first = '']) => first.startsWith('`'))
    const named = table.flatMap(([first = '']) => codeSpans(first).map(asInExample))
    const expected = [...documented.keys()].filter((name) => !isOfProvider(name))
    const missing = expected.filter((name) => !named.includes(name))
    expect(missing.filter((name) => !name.startsWith('CLIENT_APP_'))).toEqual([])

    for (const [first = '', defaults = ''] of table) {
      const names = codeSpans(first)
      const values = codeSpans(defaults)
      const isPlain = defaults === values.map((value) => `\`${value}\``).join(', ')
      const isOwn = names.every((name) => documented.has(name) && !name.startsWith('CLIENT_'))
      if (!isPlain || !isOwn || values.length !== names.length) continue
      expect(values, first).toEqual(names.map((name) => documented.get(name)))
    }
  }
})

test('.env.example explains what the server asks for, and nothing else', () => {
  const asked = askedFor()
  expect([...documented.keys()].filter((name) => !asked.has(name))).toEqual([])
  const general = [...asked].filter(
    (name) => !isOfProvider(name) && !name.startsWith('CLIENT_APP_') && !/[a-z]/.test(name),
  )
  // OpenTelemetry documents the rest of its own.
  const isTold = (name: string) =>
    documented.has(name) || name === 'NODE_ENV' || /^OTEL_(BSP|EXPORTER_OTLP)_/.test(name)
  expect(general.filter((name) => !isTold(name))).toEqual([])
})

test('every DATABASE_URL of docs/production.md is understood', () => {
  const urls = english('production').match(/postgres(?:ql)?:\/\/[^\s`]+/g) ?? []
  expect(urls.length).toBeGreaterThan(6)
  for (const url of urls) expect(() => parseDatabaseUrl(url.replace('…', 'password'))).not.toThrow()
  const [first = ''] = urls
  expect(() => parseDatabaseUrl(`${first}?sslmood=require`)).toThrow('sslmood')
})

test('no sample of settings has a comment behind a value: kubectl, Docker and systemd take it into the value', () => {
  const behind = /^#?[A-Z][A-Z0-9_]*=.*[ \t]#/gm
  const samples = ['en', 'ko'].flatMap((language) =>
    KOREAN_PAGES.flatMap((page) => codeBlocks(language === 'en' ? english(page) : korean(page)))
      .filter((block) => block.language === 'sh')
      .map(({ code }) => code),
  )
  expect(samples.filter((code) => code.includes('CLIENT_WEB_SECRET=')).length).toBeGreaterThan(1)
  expect([example, ...samples].flatMap((text) => text.match(behind) ?? [])).toEqual([])
  expect('A=1\nSECRET=a # b\n'.match(behind)).toEqual(['SECRET=a #'])
})
