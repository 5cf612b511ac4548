import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startLatchkey } from '../helpers/latchkey.ts'
import { useLatchkey } from '../helpers/stage.ts'

const folder = new URL('../../src/pages/playground/browser', import.meta.url)
const scripts = readdirSync(folder, { encoding: 'utf8', recursive: true })
  .filter((path) => path.endsWith('.js'))
  .map((path) => `/playground/${path}`)
const latchkey = useLatchkey({ EMULATE: 'google' })

describe('GET /', () => {
  const get = (url: string, path = '/', accept = 'text/html') =>
    fetch(url + path, { headers: { accept } })

  test('is the playground with a strict policy where nothing but loopback is configured', async () => {
    const answer = await get(latchkey.url)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const policy = answer.headers.get('content-security-policy')?.replace(/sha256-[^']+/, '…')
    expect(policy).toBe(
      "default-src 'none'; script-src 'self'; style-src '…'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    )
    expect(await answer.text()).not.toMatch(/ on\w+=| style=|<script(?! type="module" src="\/)/)
    const script = await get(latchkey.url, '/playground/main.js')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect((await get(latchkey.url, '/playground/routes.ts')).status).toBe(404)
    expect((await get(latchkey.url, '/playground/..%2froutes.ts')).status).toBe(404)
  })

  test.each<[when: string, env: Record<string, string>, publicUrl?: string]>([
    [
      'a client of the operator has its name',
      { CLIENTS: 'playground', CLIENT_PLAYGROUND_REDIRECT_URIS: 'http://localhost:5173/callback' },
    ],
    [
      'it is public',
      {
        DATABASE_URL: 'postgres://localhost/never',
        GOOGLE_CLIENT_ID: 'a',
        GOOGLE_CLIENT_SECRET: 'b',
        EMULATE: '',
      },
      'https://login.example.com',
    ],
    [
      'it is public and a client has its name',
      {
        DATABASE_URL: 'postgres://localhost/never',
        GOOGLE_CLIENT_ID: 'a',
        GOOGLE_CLIENT_SECRET: 'b',
        EMULATE: '',
        CLIENTS: 'playground',
        CLIENT_PLAYGROUND_REDIRECT_URIS: 'https://login.example.com/',
      },
      'https://login.example.com',
    ],
  ])('is no page where %s', async (_when, env, publicUrl) => {
    const other = await startLatchkey(
      { EMULATE: 'google', ...env },
      publicUrl === undefined ? {} : { publicUrl },
    )
    try {
      for (const path of ['/', ...scripts]) {
        const answer = await get(other.url, path, 'application/json')
        expect([answer.status, (await answer.json()) as object]).toMatchObject([
          404,
          { code: 'not_found' },
        ])
        expect((await get(latchkey.url, path)).status).toBe(200)
      }
    } finally {
      await other.close()
    }
  })

  test('knows the apps beside it: which of their logins end here, and which may come back from a logout', async () => {
    const publicUrl = 'http://localhost:3999'
    const other = await startLatchkey(
      {
        EMULATE: 'google,line',
        CLIENTS: 'here,secret,away,machine',
        CLIENT_HERE_REDIRECT_URIS: `https://app.example.com/,${publicUrl}/`,
        CLIENT_HERE_POST_LOGOUT_REDIRECT_URIS: `${publicUrl}/`,
        CLIENT_SECRET_REDIRECT_URIS: `${publicUrl}/`,
        CLIENT_SECRET_SECRET: 'a-secret-of-sixteen-characters',
        CLIENT_AWAY_REDIRECT_URIS: 'https://app.example.com/callback',
        CLIENT_MACHINE_SECRET: 'another-secret-of-that-length',
        CLIENT_MACHINE_ADMIN: 'on',
      },
      { publicUrl },
    )
    try {
      const [, quoted = ''] = /data-facts="([^"]*)"/.exec(await (await get(other.url)).text()) ?? []
      const facts = JSON.parse(quoted.replaceAll('&quot;', '"'))
      expect(facts).toMatchObject({
        ...{ emulated: ['google', 'line'], silent: ['google'], tells: ['google'], receives: true },
        apps: [
          { id: 'here', redirectUri: `${publicUrl}/`, endsHere: true, leavesHere: true },
          { id: 'secret', redirectUri: `${publicUrl}/`, endsHere: false, leavesHere: false },
          { id: 'away', redirectUri: 'https://app.example.com/callback', endsHere: false },
        ],
      })
      expect(quoted).not.toMatch(/secret-of/)
      expect(facts.apps).toHaveLength(3)
    } finally {
      await other.close()
    }
  })

  test('lets pictures of real providers load, and only those', async () => {
    const other = await startLatchkey({
      EMULATE: 'google',
      KAKAO_CLIENT_ID: 'a',
      KAKAO_CLIENT_SECRET: 'b',
    })
    try {
      const policy = (await get(other.url)).headers.get('content-security-policy')
      expect(policy).toContain('; img-src data: https:;')
    } finally {
      await other.close()
    }
  })
})
