import { describe, expect, test } from 'vitest'
import { gzipped } from '../../helpers/bad-answers.ts'
import type { Reply } from '../../helpers/fake-provider.ts'
import { login } from '../../helpers/latchkey.ts'
import { expectRefused, failed, type Refusal, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

describe('what the token endpoint answers', () => {
  const stage = setStage()
  type Document = Record<string, unknown>
  const usedCode = (status: number): Refusal => ({
    status: 400,
    code: 'invalid_code',
    log: { step: 'token', status, error: 'invalid_grant' },
  })

  const errors: [string, Reply, Refusal][] = [
    [
      '6.01 an error inside a 200',
      { body: { error: 'invalid_client' } },
      failed('token', { status: 200, error: 'invalid_client' }),
    ],
    [
      '6.01 an error beside an access token',
      { body: { error: 'server_error', access_token: 'x' } },
      failed('token', { error: 'server_error' }),
    ],
    [
      '6.01 an error as a form',
      {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'error=bad_verification_code',
      },
      unusable('token', 'not_json'),
    ],
    [
      '6.01 an error that is no text',
      { body: { error: { code: 7 } } },
      failed('token', { error: null }),
    ],
    [
      '6.01 an error that would not do in a log',
      { status: 400, body: { error: 'a-code\r\n<script>' } },
      failed('token', { error: null }),
    ],
    ['6.01 a used code', { status: 400, body: { error: 'invalid_grant' } }, usedCode(400)],
    ['6.01 a used code inside a 200', { body: { error: 'invalid_grant' } }, usedCode(200)],
    [
      '6.01 a wrong client secret',
      { status: 401, body: { error: 'invalid_client' } },
      failed('token', { status: 401, error: 'invalid_client' }),
    ],
    [
      '6.09 a 429 through two proxies',
      { status: 429, headers: { 'retry-after': ['1', '2'] }, body: {} },
      failed('token', { status: 429 }),
    ],
    ['6.09 a 500', { status: 500, body: 'down' }, failed('token', { status: 500 })],
    [
      '6.09 a 500 that speaks of a used code',
      { status: 500, body: { error: 'invalid_grant' } },
      failed('token', { status: 500 }),
    ],
    [
      '6.09 a 502 as HTML',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' },
      failed('token', { status: 502 }),
    ],
    ['6.09 a 503', { status: 503, body: [] }, failed('token', { status: 503 })],
  ]
  test.each(errors)('%s is refused after one call', async (_title, reply, refusal) => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.answers.token = reply
    await expectRefused(stage, refusal, () => login(latchkey, provider))
    delete provider.answers.token
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  const unfit: [string, Document][] = [
    ['6.02 no access token', { access_token: undefined }],
    ['6.02 null as access token', { access_token: null }],
    ['6.02 an empty access token', { access_token: '' }],
    ['6.02 a number as access token', { access_token: 7 }],
    ['6.02 a list as access token', { access_token: ['access-token-of-fake'] }],
    ['6.02 the word undefined as access token', { access_token: 'undefined' }],
    ['6.02 an access token with a line break', { access_token: 'a\r\nx-admin: 1' }],
    ['6.02 an access token that is not ASCII', { access_token: 'tökèn' }],
    ['6.04 the token type mac', { token_type: 'mac' }],
    ['6.04 the token type DPoP', { token_type: 'DPoP' }],
    ['6.04 a number as token type', { token_type: 7 }],
  ]
  test.each(unfit)('%s is refused', async (_title, change) => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.token = (document) => ({ ...document, ...change })
    await expectRefused(stage, unusable('token', 'shape'), () => login(latchkey, provider))
  })

  const harmless: [string, Document][] = [
    ['6.03 the token type bearer', { token_type: 'bearer' }],
    ['6.03 the token type BEARER', { token_type: 'BEARER' }],
    ['6.03 no token type', { token_type: undefined }],
    ['6.03 null as token type', { token_type: null }],
    ['6.03 no expires_in', { expires_in: undefined }],
    ['6.03 expires_in as digits', { expires_in: '3600' }],
    ['6.03 a null error', { error: null }],
    ['6.03 a member that nobody knows', { x: { y: [] } }],
    ['6.04 a negative expires_in', { expires_in: -1 }],
    ['6.04 an expires_in of 1e99', { expires_in: 1e99 }],
    ['6.04 a word as expires_in', { expires_in: 'soon' }],
    ['6.04 a list as expires_in', { expires_in: [3600] }],
    ['6.04 a list as refresh token', { refresh_token: [] }],
  ]
  test.each(harmless)('%s does no harm', async (_title, change) => {
    const { latchkey, provider } = stage
    provider.token = (document) => ({ ...document, ...change })
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test('6.01 and 6.13 what the provider says of an error is neither shown nor logged', async () => {
    const { latchkey, provider } = stage
    const words = 'error_description-of-the-provider'
    for (const status of [200, 400, 500]) {
      provider.answers.token = { status, body: { error: 'x', error_description: words } }
      const answer = await expectRefused(stage, failed('token', { status, error: 'x' }), () =>
        login(latchkey, provider),
      )
      expect(answer.text).not.toContain(words)
    }
    expect(latchkey.logs.join('')).not.toContain(words)
  })

  test('two logins use one connection to the token endpoint', async () => {
    const { latchkey, provider } = stage
    const ports = new Set<number | undefined>()
    let documents = 0
    provider.answers.token = async (call, response) => {
      ports.add(response.req.socket.remotePort)
      documents += 1
      const idToken = await provider.sign(provider.claims())
      gzipped({ access_token: 'access-token-of-fake', id_token: idToken })(call, response)
    }
    expect((await login(latchkey, provider)).status).toBe(200)
    expect((await login(latchkey, provider)).status).toBe(200)
    expect({ documents, connections: ports.size }).toEqual({ documents: 2, connections: 1 })
  })
})
