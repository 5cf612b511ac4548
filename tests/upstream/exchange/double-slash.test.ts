import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../../helpers/browser.ts'
import { runDoctor } from '../../helpers/doctor.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { login, startLatchkey, startLogin } from '../../helpers/latchkey.ts'
import { leave, untilOutboxEmpty } from '../../helpers/leaving.ts'
import { setStage } from '../../helpers/stage.ts'

/** Another host, to which a path that begins with `//` would lead if it were joined to its own. */
const thief = { calls: 0, authority: '' }
const server = createServer((_request, response) => {
  thief.calls += 1
  response.end('{}')
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  thief.authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const ENDPOINTS = {
  authorization_endpoint: 'authorize',
  token_endpoint: 'token',
  userinfo_endpoint: 'userinfo',
  jwks_uri: 'jwks',
  end_session_endpoint: 'logout',
  revocation_endpoint: 'revoke',
}

describe('11.17 an endpoint whose path begins with two slashes stays at its host', () => {
  const stage = setStage()

  test.each(['discovery', 'settings'])(
    'each of them, named by %s, for logins and for the doctor',
    async (source) => {
      // It reads such a path as if the first part were a host, so it answers all of them.
      const provider = await new FakeProvider().listen()
      const at = (path: string) => `${provider.issuer}//${thief.authority}/${path}`
      const endpoints = Object.fromEntries(
        Object.entries(ENDPOINTS).map(([name, path]) => [name, at(path)]),
      )
      if (source === 'discovery') provider.discovery = (it) => ({ ...it, ...endpoints })
      const settings = Object.fromEntries(
        Object.entries(endpoints).map(([name, url]) => [`FAKE_${name.toUpperCase()}`, url]),
      )
      const env = {
        ...provider.settings(),
        ...(source === 'settings' ? settings : {}),
        FAKE_USERINFO: 'always',
        FAKE_STORE_TOKENS: 'on',
      }
      const { testDatabase } = stage.latchkey
      const latchkey = await startLatchkey(env, { testDatabase })
      const { authorization } = await startLogin(latchkey, new Browser())
      expect(authorization.href).toMatch(`${at('authorize')}?`)
      const signedIn = await login(latchkey, provider)
      expect(signedIn.status).toBe(200)
      const logout = await new Browser().send(`${latchkey.url}/logout/fake`)
      expect(logout.location?.href).toMatch(`${at('logout')}?`)
      const { access_token } = signedIn.json()
      expect((await leave(latchkey, String(access_token))).status).toBe(204)
      await untilOutboxEmpty(latchkey)
      const called = provider.calls.map(({ path }) => path).filter((path) => path.startsWith('//'))
      expect(new Set(called)).toEqual(
        new Set(
          ['token', 'jwks', 'userinfo', 'revoke'].map((path) => `//${thief.authority}/${path}`),
        ),
      )
      await runDoctor(env)
      expect(provider.count('token')).toBe(2)
      expect(thief.calls).toBe(0)
      await latchkey.close()
      await provider.close()
    },
  )
})
