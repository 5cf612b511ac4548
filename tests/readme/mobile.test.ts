import { expect, test } from 'vitest'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { blockWith, english } from './texts.ts'

test('the request of docs/mobile.md exchanges an ID token of an SDK, once', async () => {
  const block = blockWith(english('mobile'), 'sh', 'token-exchange')
  const sdk = await new FakeProvider().listen()
  const latchkey = await startLatchkey({
    KAKAO_CLIENT_ID: 'rest-api-key',
    KAKAO_CLIENT_SECRET: 'a-secret',
    KAKAO_NATIVE_CLIENT_IDS: 'native-app-key',
    KAKAO_ISSUER: sdk.issuer,
    KAKAO_JWKS_URI: `${sdk.issuer}/jwks`,
    CLIENTS: 'app',
    CLIENT_APP_REDIRECT_URIS: 'com.example.app:/callback',
  })
  /** The curl command with these in place of its variables. */
  const exchange = async (values: Record<string, string>) => {
    const form = new URLSearchParams()
    for (const [, quoted, plain] of block.matchAll(/-d (?:'([^']*)'|(\S+))/g)) {
      const [name = '', ...rest] = (quoted ?? plain ?? '').split('=')
      const value = rest.join('=').replace(/^"\$(\w+)"$/, (_, variable) => values[variable] ?? '')
      form.set(name, value)
    }
    const answer = await fetch(`${latchkey.url}/token`, { method: 'POST', body: form })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
  try {
    const claims = {
      ...sdk.claims(),
      aud: 'native-app-key',
      sub: '1234567890',
      nonce: 'of-the-app',
    }
    const idToken = await sdk.sign(claims)
    expect(await exchange({ ID_TOKEN: idToken, NONCE: 'another' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    const exchanged = await exchange({ ID_TOKEN: idToken, NONCE: 'of-the-app' })
    expect(exchanged).toMatchObject({ status: 200, body: { id_token: expect.any(String) } })
    const headers = { authorization: `Bearer ${exchanged.body.access_token}` }
    const me = await fetch(`${latchkey.url}/me`, { headers })
    expect(await me.json()).toMatchObject({
      identities: [{ provider: 'kakao', subject: '1234567890' }],
    })
    expect(await exchange({ ID_TOKEN: idToken, NONCE: 'of-the-app' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  } finally {
    await latchkey.close()
    await sdk.close()
  }
})
