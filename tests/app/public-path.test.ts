import { beforeAll, describe, expect, it } from 'vitest'
import { authorizationQuery } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { useLatchkey } from '../helpers/stage.ts'

// https://example.com/auth: app and Latchkey under one origin, behind a proxy that strips nothing.
const PATH = '/team/auth'
const latchkey = useLatchkey({ EMULATE: 'google,kakao,apple' }, { path: PATH })
let origin: string
beforeAll(() => {
  origin = new URL(latchkey.url).origin
})

/** Every address of ours that a page or document names. */
const linksIn = (text: string): string[] =>
  [...text.matchAll(/(?:href|src|action)="([^"#][^"]*)"/g)]
    .map(([, link = '']) => link.replaceAll('&amp;', '&'))
    .filter((link) => link.startsWith('/') || link.startsWith(origin))

const statusOf = async (url: string) => (await fetch(url, { redirect: 'manual' })).status

describe('PUBLIC_URL with a path', () => {
  it('everything is served below it, and nothing beside it', async () => {
    for (const place of ['/login', '/providers', '/openapi.json', '/docs', '/docs/errors', '/']) {
      expect(await statusOf(latchkey.url + place), place).toBe(200)
      const atRoot = await statusOf(origin + place)
      expect(atRoot, `${place} at the root`).toBe(404)
    }
    expect(await statusOf(latchkey.url)).toBe(200)
    expect(await statusOf(`${origin}${PATH}x/login`)).toBe(404)
    expect(await statusOf(`${origin}/%74eam/auth/login`)).toBe(404)
  })

  it('an address in absolute form is that of its path, whatever host it names', async () => {
    const ask = async (target: string) =>
      (await rawRequest(origin, { path: `http://evil.example${target}` })).status
    expect(await ask(`${PATH}/providers`)).toBe(200)
    expect(await ask('/providers')).toBe(404)
  })

  it('what watches the process asks at the root too', async () => {
    for (const base of [origin, latchkey.url]) {
      expect(await statusOf(`${base}/healthz`)).toBe(200)
      expect(await statusOf(`${base}/readyz`)).toBe(200)
    }
  })

  it('the metadata is found by both rules, and all that it names is there', async () => {
    const places = [
      `${latchkey.url}/.well-known/openid-configuration`,
      `${latchkey.url}/.well-known/oauth-authorization-server`,
      `${origin}/.well-known/oauth-authorization-server${PATH}`,
      `${origin}/.well-known/openid-configuration${PATH}`,
    ]
    for (const place of places) {
      const metadata = (await (await fetch(place)).json()) as Record<string, unknown>
      expect(metadata.issuer, place).toBe(latchkey.url)
      const named = Object.entries(metadata).filter(([, value]) => /^http/.test(String(value)))
      for (const [name, url] of named) {
        expect(url, name).toMatch(new RegExp(`^${latchkey.url}(/|$)`))
        if (name !== 'issuer') expect(await statusOf(String(url)), name).not.toBe(404)
      }
    }
    expect(await statusOf(`${origin}/.well-known/oauth-authorization-server`)).toBe(404)
  })

  it('every link of every page stays below it', async () => {
    for (const page of ['/login', '/', '/docs', '/docs/errors', '/nothing', '/login/nobody']) {
      const answer = await new Browser().send(latchkey.url + page, {
        headers: { accept: 'text/html' },
      })
      for (const link of linksIn(answer.text)) {
        expect(link, page).toMatch(new RegExp(`^(${origin})?${PATH}(/|$)`))
      }
      if (page !== '/docs' && page !== '/docs/errors') {
        expect(linksIn(answer.text).length, page).toBeGreaterThan(0)
      }
    }
  })

  it('a login by cookie goes through, with cookies of its own name for the whole origin', async () => {
    const browser = new Browser()
    const query = authorizationQuery({
      client_id: 'playground',
      redirect_uri: `${latchkey.url}/`,
      response_mode: 'cookie',
      code_challenge: null,
      code_challenge_method: null,
      scope: 'profile account',
      login_hint: 'minji',
    })
    for (const provider of ['kakao', 'apple']) {
      let answer = await browser.send(`${latchkey.url}/login/${provider}${query}`)
      expect(answer.location?.searchParams.get('redirect_uri')).toBe(
        `${latchkey.url}/login/${provider}/callback`,
      )
      answer = await browser.send(answer.location ?? '')
      // Apple answers by a form, which is posted to the callback and goes on as a GET.
      const form = /action="([^"]+)"/.exec(answer.text)?.[1]
      if (form !== undefined) {
        const fields = [...answer.text.matchAll(/name="([^"]+)" value="([^"]*)"/g)]
        const body = new URLSearchParams()
        for (const [, name = '', value = ''] of fields) body.set(name, value)
        answer = await browser.send(form.replaceAll('&amp;', '&'), { method: 'POST', body })
        expect(answer.location?.pathname).toBe(`${PATH}/login/${provider}/callback`)
      }
      answer = await browser.send(answer.location ?? '')
      expect(answer.status).toBe(303)
      expect(answer.location?.href.split('?')[0]).toBe(`${latchkey.url}/`)
      expect(answer.location?.searchParams.get('iss')).toBe(latchkey.url)
    }
    const names = [...browser.jar().keys()]
    expect(names.length).toBeGreaterThan(1)
    for (const name of names) expect(name).toMatch(/^latchkey-[0-9a-f]{8}-\w/)
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)

    const refresh = (from: string) =>
      browser.send(`${latchkey.url}/token`, {
        method: 'POST',
        headers: { origin: from },
        body: new URLSearchParams({ grant_type: 'refresh_token' }),
      })
    expect((await refresh(latchkey.url)).status).not.toBe(200)
    expect((await refresh(origin)).status).toBe(200)

    const out = await browser.send(`${latchkey.url}/logout/kakao`)
    expect(out.location?.searchParams.get('logout_redirect_uri')).toBe(
      `${latchkey.url}/logout/kakao/callback`,
    )
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(401)
  })
})
