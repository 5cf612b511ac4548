import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startLatchkey } from '../helpers/latchkey.ts'
import { useLatchkey } from '../helpers/stage.ts'

const scripts = readdirSync(new URL('../../src/pages/playground/browser', import.meta.url)).map(
  (name) => `/playground/${name}`,
)
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
