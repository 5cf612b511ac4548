import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../../helpers/browser.ts'
import { login, startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, failed } from '../../helpers/refusals.ts'
import { makeSelfSigned } from '../../helpers/self-signed.ts'
import { setStage } from '../../helpers/stage.ts'

describe('a provider whose certificate nobody vouches for', () => {
  const stage = setStage()
  const certificate = makeSelfSigned()
  let heard = 0
  const server = createServer(certificate, (_request, response) => {
    heard += 1
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  let origin = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  /** A Latchkey whose provider has these endpoints elsewhere. */
  const aimed = (settings: Record<string, string>) =>
    startLatchkey(
      { ...stage.provider.settings(), ...settings },
      { testDatabase: stage.latchkey.testDatabase },
    )

  test('6.08 the server itself is in order for whoever trusts it', async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        `${origin}/token`,
        { ca: certificate.cert, agent: false },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      sent.on('error', reject)
      sent.end()
    })
    expect({ status, heard }).toEqual({ status: 200, heard: 1 })
    heard = 0
  })

  test('6.08 neither code nor client secret is sent to it', async () => {
    const latchkey = await aimed({ FAKE_TOKEN_ENDPOINT: `${origin}/token` })
    const { provider } = stage
    const attempt = () => login(latchkey, provider)
    const log = { cause: expect.stringMatching(/CERT|ERR_TLS/) }
    await expectRefused({ latchkey, provider }, failed('token', log), attempt, {})
    expect(heard).toBe(0)
    await latchkey.close()
  })

  test('6.08 no access token is sent to it', async () => {
    const latchkey = await aimed({ FAKE_USERINFO_ENDPOINT: `${origin}/userinfo` })
    const { provider } = stage
    const attempt = () => login(latchkey, provider)
    const log = { cause: expect.stringMatching(/CERT|ERR_TLS/) }
    await expectRefused({ latchkey, provider }, failed('userinfo', log), attempt, { token: 1 })
    expect(heard).toBe(0)
    await latchkey.close()
  })

  test('6.08 its discovery document is not believed', async () => {
    const latchkey = await aimed({ FAKE_ISSUER: origin })
    const start = () => new Browser().send(`${latchkey.url}/login/fake`)
    await expectRefused({ latchkey, provider: stage.provider }, failed('discovery'), start)
    expect(heard).toBe(0)
    await latchkey.close()
  })
})
