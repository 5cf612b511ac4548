import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Call } from '../../helpers/fake-provider.ts'
import { login } from '../../helpers/latchkey.ts'
import { setStage } from '../../helpers/stage.ts'

const kinds = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
}

describe.each(Object.entries(kinds))('private_key_jwt by %s', (alg, make) => {
  const pem = make().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
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
})
