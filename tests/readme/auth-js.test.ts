import { join } from 'node:path'
import { Auth, type AuthConfig, skipCSRFCheck } from '@auth/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { type Project, snippet, startProject } from './project.ts'
import { aim } from './texts.ts'

const APP = 'http://localhost:3001'
const SECRET = 'a secret of the client web with more than 16 characters'
const latchkey = useLatchkey({
  EMULATE: 'kakao',
  CLIENTS: 'web',
  CLIENT_WEB_SECRET: SECRET,
  CLIENT_WEB_REDIRECT_URIS: `${APP}/api/auth/callback/latchkey`,
})
let project: Project
let config: AuthConfig

beforeAll(async () => {
  // `NextAuth()` hands its configuration on to Auth.js; here it is handed out.
  const handOut = 'const NextAuth = (config) => ({ handlers: config })'
  const code = aim(snippet('web-app', 'auth.js'), {
    "import NextAuth from 'next-auth'": handOut,
    'process.env.LATCHKEY_URL': `'${latchkey.url}'`,
    'process.env.LATCHKEY_SECRET': `'${SECRET}'`,
  })
  project = await startProject({ 'auth.js': code })
  const { handlers } = await import(join(project.path, 'auth.js'))
  config = {
    ...handlers,
    basePath: '/api/auth',
    secret: 'a secret of Auth.js with more than 32 characters',
    trustHost: true,
    logger: { error: () => undefined },
    skipCSRFCheck,
  }
})
afterAll(() => project.remove())

/** Cookies of the app, which lives in this test alone. */
const jar = new Map<string, string>()

async function ask(url: string, init: RequestInit = {}) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await Auth(new Request(url, { ...init, headers: { cookie } }), config)
  for (const line of answer.headers.getSetCookie()) {
    const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s)
    jar.set(name, value)
  }
  return answer
}

/** From the app's button to the provider's answer, as this person or with this failure, and back. */
async function signIn(hint: string) {
  const body = new URLSearchParams({ callbackUrl: `${APP}/` })
  const start = await ask(`${APP}/api/auth/signin/latchkey`, { method: 'POST', body })
  const login = new URL(start.headers.get('location') ?? '')
  login.searchParams.set('provider', 'kakao')
  login.searchParams.set('login_hint', hint)
  const browser = new Browser()
  let { location } = await browser.send(login)
  while (location !== null && location.origin !== APP) ({ location } = await browser.send(location))
  return ask(String(location))
}
const session = async () => (await ask(`${APP}/api/auth/session`)).json()

test('Auth.js with the block of docs/web-app.md signs in, knows the user by sub, and takes a No', async () => {
  const declined = await signIn('!denied')
  expect(declined.headers.get('location')).toContain('/api/auth/')
  expect(await session()).toBeNull()
  await signIn('minji')
  const [row] = await latchkey.database.query<{ id: string }>('select id from latchkey.users')
  expect(await session()).toMatchObject({ user: { name: '김민지', id: row?.id } })
})
