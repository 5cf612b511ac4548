import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { decodeJwt, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { runDoctor } from '../../helpers/doctor.ts'
import { type Call, FakeProvider } from '../../helpers/fake-provider.ts'
import { login } from '../../helpers/latchkey.ts'
import { leave, revocations, until } from '../../helpers/leaving.ts'
import { setStage } from '../../helpers/stage.ts'

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = () => generateKeyPairSync('ed25519')
const pemOf = (make: typeof rsa) =>
  make().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** What the assertion is signed with, the key, and what the provider lists. */
const kinds: [string, typeof rsa, string[]?][] = [
  ['RS256', rsa],
  ['PS256', rsa, ['ES256', 'PS256']],
  ['ES256', ec],
  ['EdDSA', ed],
  ['Ed25519', ed, ['ES256', 'Ed25519']],
]

describe.each(kinds)('private_key_jwt by %s', (alg, make, listed) => {
  const pem = pemOf(make)
  const seen = new Set<unknown>()
  const stage = setStage({
    aim(provider) {
      const { FAKE_CLIENT_SECRET: _, ...settings } = provider.settings()
      return {
        ...settings,
        FAKE_PRIVATE_KEY: pem.replaceAll('\n', '\\n'),
        FAKE_KEY_ID: 'our-key',
        FAKE_STORE_TOKENS: 'on',
      }
    },
    prepare(provider) {
      provider.discovery = (document) => ({
        ...document,
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
        ...(listed && { token_endpoint_auth_signing_alg_values_supported: listed }),
      })
    },
  })

  /** Verifies as a provider does: once, for it, made just now (RFC 7523, section 3). */
  async function isProven({ form }: Call): Promise<boolean> {
    const { issuer, clientId } = stage.provider
    const { payload, protectedHeader } = await jwtVerify(
      form.client_assertion ?? '',
      createPublicKey(pem),
      { algorithms: [alg], issuer: clientId, subject: clientId, audience: `${issuer}/token` },
    )
    const isNew = !seen.has(payload.jti)
    seen.add(payload.jti)
    return (
      isNew &&
      protectedHeader.kid === 'our-key' &&
      form.client_id === clientId &&
      form.client_secret === undefined &&
      form.client_assertion_type === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
      (payload.exp ?? 0) - (payload.iat ?? 0) <= 300
    )
  }

  test('takes the place of the secret at each exchange, and is made anew for it', async () => {
    const { latchkey, provider } = stage
    provider.answers.token = async (call, response) => {
      const isGood = await isProven(call).catch(() => false)
      response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(isGood ? await provider.correct('token') : { error: 'invalid_client' }),
      )
    }
    for (let round = 0; round < 2; round++) {
      provider.subject = randomUUID()
      expect((await login(latchkey, provider)).status).toBe(200)
    }
    expect(seen.size).toBe(2)
    expect(latchkey.logs.join('')).not.toContain('client_assertion')
  })

  // A discovery document may name somebody else's token endpoint, and a revocation endpoint of its own.
  test('4.27 is good for the issuer alone where it goes anywhere but to the token endpoint', async () => {
    const { latchkey, provider } = stage
    const audience = (call: Call | undefined) => decodeJwt(call?.form.client_assertion ?? '').aud
    provider.subject = randomUUID()
    const { access_token: token } = (await login(latchkey, provider)).json()
    expect((await leave(latchkey, String(token))).status).toBe(204)
    await until(() => expect(revocations(provider)).toHaveLength(1))
    expect(audience(revocations(provider)[0])).toBe(provider.issuer)
    const exchange = provider.calls.findLast(({ step }) => step === 'token')
    expect(audience(exchange)).toBe(`${provider.issuer}/token`)
  })
})

test.each([
  [['ES256'], 'key of another kind'],
  [['PS256', 'ES256'], null],
])(
  'a provider that takes %j only: whether an RSA key can serve is what the doctor says',
  async (listed, words) => {
    const provider = await new FakeProvider().listen()
    provider.discovery = (document) => ({
      ...document,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: listed,
    })
    const { FAKE_CLIENT_SECRET: _, ...settings } = provider.settings()
    const keyed = { FAKE_PRIVATE_KEY: pemOf(rsa).replaceAll('\n', '\\n'), FAKE_KEY_ID: 'our-key' }
    const { text } = await runDoctor({ ...settings, ...keyed })
    if (words === null) expect(text).not.toContain('FAKE_PRIVATE_KEY')
    else expect(text).toMatch(new RegExp(`FAKE_PRIVATE_KEY.*${words}`))
    await provider.close()
  },
)
