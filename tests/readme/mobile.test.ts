import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { aim, blockWith, english } from './texts.ts'

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

test('without a phone, its commands get an ID token of the emulator, which the request exchanges; what is against one is in the log', async () => {
  const latchkey = await startLatchkey({
    EMULATE: 'kakao',
    CLIENTS: 'app',
    CLIENT_APP_REDIRECT_URIS: 'com.example.app:/callback',
  })
  const host = latchkey.url.replace('http://', '')
  const phone = aim(blockWith(english('mobile'), 'sh', 'native-tokens'), { 'localhost:3000': host })
  const exchange = aim(blockWith(english('mobile'), 'sh', 'token-exchange'), {
    'https://login.example.com': latchkey.url,
  })
  const run = async (...commands: string[]) => {
    const { stdout } = await promisify(execFile)('bash', ['-ec', commands.join('\n')])
    return JSON.parse(stdout) as Record<string, string>
  }
  try {
    const exchanged = await run(phone, exchange)
    expect(exchanged).toMatchObject({ token_type: 'Bearer', id_token: expect.any(String) })
    const headers = { authorization: `Bearer ${exchanged.access_token}` }
    const me = await fetch(`${latchkey.url}/me`, { headers })
    expect(await me.json()).toMatchObject({ name: '김민지', identities: [{ provider: 'kakao' }] })

    const reasons = () => latchkey.logs.filter((line) => line.includes('"reason":"claim_nonce"'))
    expect(reasons()).toHaveLength(0)
    expect(await run(phone, 'NONCE=another', exchange)).toMatchObject({ error: 'invalid_grant' })
    expect(reasons()).toHaveLength(1)
  } finally {
    await latchkey.close()
  }
})
