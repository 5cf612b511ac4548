import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { basic, post } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { whyMissing } from '../helpers/programs.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { type Project, startProject } from './project.ts'
import { blockWith, english } from './texts.ts'

const SECRET = 'secret-of-web-from-openssl-rand'
const CALLBACK = 'https://app.example.com/callback'
const latchkey = useLatchkey({
  EMULATE: 'google,kakao',
  KAKAO_STORE_TOKENS: 'on',
  CLIENTS: 'web',
  CLIENT_WEB_SECRET: SECRET,
  CLIENT_WEB_REDIRECT_URIS: CALLBACK,
  CLIENT_WEB_PROVIDER_TOKENS: 'on',
})
let project: Project

beforeAll(async () => {
  project = await startProject({})
})
const missing = whyMissing('curl')
beforeEach(({ skip }) => skip(missing !== null, missing ?? ''))
afterAll(() => project.remove())

/** Runs a command of a page against the Latchkey of the test; gives what it writes. */
async function run(page: string, part: string, env: Record<string, string> = {}) {
  const command = blockWith(english(page), 'sh', part)
    .replaceAll('http://localhost:3000', latchkey.url)
    .replaceAll(/(?<!http:\/\/)localhost:3000/g, latchkey.url.replace('http://', ''))
  const options = { cwd: project.path, env: { PATH: process.env.PATH ?? '', ...env } }
  return (await promisify(execFile)('sh', ['-ec', command], options)).stdout
}

/** An access token of the client `web`, as this person of the emulator. */
async function signIn(login_hint: string, scope: string) {
  const query = { client_id: 'web', redirect_uri: CALLBACK, response_type: 'code', scope }
  const browser = new Browser()
  let { location } = await browser.send(
    `${latchkey.url}/login/kakao?${new URLSearchParams({ ...query, login_hint })}`,
  )
  while (location !== null && !location.href.startsWith(CALLBACK)) {
    ;({ location } = await browser.send(location))
  }
  const code = location?.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }
  const answer = await post(`${latchkey.url}/token`, form, { authorization: basic('web', SECRET) })
  expect(answer.status, answer.text).toBe(200)
  return String(answer.json().access_token)
}

test('the README’s login on the command line tells who signed in, as it is printed there', async () => {
  const printed = blockWith(english('README'), 'json', '김민지')
  const [person = 'nothing'] = /"name":.*"email_verified":true/.exec(printed) ?? []
  expect(await run('README', 'login_hint=minji')).toContain(person)
})

test('/introspect as in docs/your-api.md knows a token, and nothing of another', async () => {
  const TOKEN = await signIn('minji', 'openid')
  const ask = (token: string) =>
    run('your-api', '/introspect', { TOKEN: token, LATCHKEY_SECRET: SECRET })
  expect(JSON.parse(await ask(TOKEN))).toMatchObject({ active: true, client_id: 'web' })
  expect(JSON.parse(await ask(`${TOKEN}x`))).toEqual({ active: false })
})

test('the provider’s own token comes as in docs/providers.md', async () => {
  const TOKEN = await signIn('alex', 'provider_tokens')
  const answer = JSON.parse(await run('providers', '/token', { TOKEN }))
  expect(answer).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) })
})

test('unlinking as in docs/linking.md keeps the last identity; leaving as in docs/leaving.md is for good', async () => {
  const TOKEN = await signIn('sora', 'openid account')
  expect(JSON.parse(await run('linking', '-X DELETE', { TOKEN })).code).toBe('last_identity')
  expect(await run('leaving', '-X DELETE', { TOKEN })).toBe('')
  const again = JSON.parse(await run('leaving', '-X DELETE', { TOKEN }))
  expect(again).toMatchObject({ status: 401, code: 'invalid_token' })
})
