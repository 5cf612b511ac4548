import { createHmac } from 'node:crypto'
import { createRemoteJWKSet, importPKCS8, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { json } from './dance.ts'
import { startReceiver } from './receiver.ts'

const AUDIENCE = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push'

let app: Awaited<ReturnType<typeof startReceiver>>
let emulator: Emulator
beforeAll(async () => {
  app = await startReceiver()
  emulator = await startEmulator({
    providers: ['google', 'twitch'],
    redirectUris: (id) => `${app.url}/login/${id}/callback`,
  })
})
afterAll(async () => {
  await emulator.close()
  await app.close()
})

const setting = (provider: string, name: string) => emulator.settings[provider]?.[name] ?? ''
const until = (check: () => unknown) => expect.poll(check).toBeTruthy()

test('Google’s stream is registered, read and verified by the service account’s own JWT', async () => {
  const file = await json(await fetch(`${emulator.origin}/google/emulator/service-account`))
  const key = await importPKCS8(file.private_key, 'RS256')
  const tokenFor = (audience: string, lifeSeconds = 3600) => {
    const iat = Math.floor(Date.now() / 1000)
    const mine = { iss: file.client_email, sub: file.client_email, aud: audience }
    return new SignJWT({ ...mine, iat, exp: iat + lifeSeconds })
      .setProtectedHeader({ alg: 'RS256', kid: file.private_key_id })
      .sign(key)
  }
  const call = (token: string, suffix: string, body?: unknown) =>
    fetch(setting('google', 'RISC_STREAM_ENDPOINT') + suffix, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const token = await tokenFor(AUDIENCE)
  expect((await call(token, '')).status).toBe(404)
  const stream = {
    delivery: { delivery_method: PUSH, url: `${app.url}/events` },
    events_requested: ['https://schemas.openid.net/secevent/risc/event-type/sessions-revoked'],
  }
  for (const wrong of [await tokenFor('https://other.example'), await tokenFor(AUDIENCE, 7200)]) {
    expect((await call(wrong, ':update', stream)).status).toBe(401)
  }
  const outside = { ...stream, delivery: { ...stream.delivery, url: 'https://evil.example/' } }
  expect((await call(token, ':update', outside)).status).toBe(400)
  expect((await call(token, ':update', stream)).status).toBe(200)
  expect(await json(await call(token, ''))).toEqual(stream)
  expect((await call(token, ':verify', { state: 'my state' })).status).toBe(200)
  await until(() => app.received.length > 0)
  const { path, body, headers } = app.last()
  expect([path, headers['content-type']]).toEqual(['/events', 'application/secevent+jwt'])
  const { issuer, jwks_uri } = await json(await fetch(setting('google', 'RISC_CONFIGURATION')))
  const { payload } = await jwtVerify(body, createRemoteJWKSet(new URL(jwks_uri)), { issuer })
  expect(Object.entries(payload.events as object)).toEqual([
    ['https://schemas.openid.net/secevent/risc/event-type/verification', { state: 'my state' }],
  ])
})

test('Twitch’s subscription is made with an app token and works once its challenge is answered', async () => {
  const secret = 'a secret of the app'
  const client_id = setting('twitch', 'CLIENT_ID')
  const tokens = await json(
    await fetch(setting('twitch', 'TOKEN_ENDPOINT'), {
      method: 'POST',
      body: new URLSearchParams({
        client_id,
        client_secret: setting('twitch', 'CLIENT_SECRET'),
        grant_type: 'client_credentials',
      }),
    }),
  )
  const call = (method: string, body?: unknown, query = '', token = tokens.access_token) =>
    fetch(setting('twitch', 'EVENTSUB_ENDPOINT') + query, {
      method,
      headers: { authorization: `Bearer ${token}`, 'client-id': client_id },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const wanted = (changes = {}) => ({
    type: 'user.authorization.revoke',
    version: '1',
    condition: { client_id },
    transport: { method: 'webhook', callback: `${app.url}/events`, secret, ...changes },
  })
  const statuses = async () => {
    const { data } = await json(await call('GET'))
    return data.map(({ status }: { status: string }) => status)
  }
  expect((await call('POST', wanted(), '', 'x')).status).toBe(401)
  expect((await call('POST', wanted({ secret: 'short' }))).status).toBe(400)
  expect(await statuses()).toEqual([])

  app.answer = () => ({ status: 200, body: 'no challenge' })
  expect((await call('POST', wanted())).status).toBe(202)
  await until(async () => !(await statuses())[0]?.endsWith('pending'))
  expect(await statuses()).toEqual(['webhook_callback_verification_failed'])
  const [{ id }] = (await json(await call('GET'))).data
  expect((await call('DELETE', undefined, `?id=${id}`)).status).toBe(204)

  app.answer = ({ body }) => ({ status: 200, body: JSON.parse(body).challenge ?? '' })
  const answer = await json(await call('POST', wanted()))
  expect(JSON.stringify(answer)).not.toContain(secret)
  expect((await call('POST', wanted())).status).toBe(409)
  await until(async () => (await statuses())[0] === 'enabled')
  expect(await statuses()).toEqual(['enabled'])
  expect(app.last().headers['twitch-eventsub-message-type']).toBe('webhook_callback_verification')

  await fetch(`${emulator.origin}/twitch/emulator/events`, { method: 'POST', body: '{}' })
  const { path, body, headers } = app.last()
  expect(path).toBe('/events')
  expect(JSON.parse(body)).toMatchObject({
    subscription: { id: answer.data[0].id, type: 'user.authorization.revoke' },
    event: { client_id },
  })
  const text = ['id', 'timestamp'].map((one) => headers[`twitch-eventsub-message-${one}`]).join('')
  const mac = createHmac('sha256', secret)
    .update(text + body)
    .digest('hex')
  expect(headers['twitch-eventsub-message-signature']).toBe(`sha256=${mac}`)
})
