import {
  createCipheriv,
  createHash,
  createHmac,
  createSign,
  generateKeyPairSync,
  sign as signWith,
} from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { applePrivateKey } from '../helpers/apple-key.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { again, cases, mutated } from './fuzz.ts'

const SECRET = 'a-secret-of-each-provider-of-32-chars'
const CLIENT = 'client'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')

/** The keys of the providers that sign tokens, and Google's configuration. */
const keys = createServer((request, response) => {
  const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }
  const origin = `http://${request.headers.host}`
  const configuration = { issuer: origin, jwks_uri: `${origin}/jwks` }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : configuration))
})
let issuer = ''
let latchkey: Latchkey

beforeAll(async () => {
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`
  const names = ['GOOGLE', 'KAKAO', 'NAVER', 'FACEBOOK', 'GITHUB', 'DISCORD', 'TWITCH', 'SLACK']
  latchkey = await startLatchkey({
    ...Object.fromEntries(
      names.flatMap((name) => [
        [`${name}_CLIENT_ID`, CLIENT],
        [`${name}_CLIENT_SECRET`, SECRET],
      ]),
    ),
    ...{ APPLE_CLIENT_ID: CLIENT, APPLE_TEAM_ID: 'ABCDEFGHIJ', APPLE_KEY_ID: 'ABCDEFGHIJ' },
    APPLE_PRIVATE_KEY: applePrivateKey(),
    APPLE_JWKS_URI: `${issuer}/jwks`,
    ...{ KAKAO_JWKS_URI: `${issuer}/jwks`, KAKAO_ADMIN_KEY: SECRET },
    GOOGLE_RISC_CONFIGURATION: `${issuer}/risc`,
    ...{ GITHUB_WEBHOOK_SECRET: SECRET, SLACK_SIGNING_SECRET: SECRET },
    TWITCH_EVENTSUB_SECRET: SECRET,
    DISCORD_PUBLIC_KEY: ed.publicKey
      .export({ format: 'der', type: 'spki' })
      .toString('hex')
      .slice(-64),
    // What is gone goes all the way.
    ...{ APPLE_ON_ACCOUNT_GONE: 'delete', KAKAO_ON_ACCOUNT_GONE: 'delete' },
  })
})
afterAll(async () => {
  await latchkey.close()
  keys.closeAllConnections()
  keys.close()
})

const hmac = (key: string | Buffer, ...parts: string[]) =>
  createHmac('sha256', key).update(parts.join(''))
const seconds = () => Math.floor(Date.now() / 1000)
const textOf = (value: unknown) =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '')

interface Request {
  path?: string
  headers: Record<string, string>
  body: string
}

const JSON_BODY = { 'content-type': 'application/json' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

function formOf(payload: unknown): URLSearchParams {
  const entries = typeof payload === 'object' && payload !== null ? Object.entries(payload) : []
  return new URLSearchParams(
    entries.map(([name, value]) => [name, textOf(value)] as [string, string]),
  )
}

function tokenOf(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url')
  const input = `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}`
  return `${input}.${createSign('sha256').update(input).sign(rsa.privateKey, 'base64url')}`
}

/** A right payload of each provider, and the request that tells any payload with a right proof. */
const tellers: [
  what: string,
  provider: string,
  payload: () => unknown,
  request: (payload: unknown) => Request,
][] = [
  [
    'a revoked authorization',
    'github',
    () => ({ action: 'revoked', sender: { id: 7, login: 'octo' } }),
    (payload) => {
      const body = JSON.stringify(payload) ?? ''
      const signature = `sha256=${hmac(SECRET, body).digest('hex')}`
      const event = { 'x-github-event': 'github_app_authorization' }
      return { headers: { ...JSON_BODY, ...event, 'x-hub-signature-256': signature }, body }
    },
  ],
  [
    'revoked tokens',
    'slack',
    () => ({
      ...{ type: 'event_callback', team_id: 'T1', event_id: 'Ev1', event_time: seconds() },
      event: { type: 'tokens_revoked', tokens: { oauth: ['U1'], bot: ['B1'] } },
    }),
    (payload) => {
      const body = JSON.stringify(payload) ?? ''
      const at = String(seconds())
      const signature = `v0=${hmac(SECRET, `v0:${at}:`, body).digest('hex')}`
      const headers = { 'x-slack-request-timestamp': at, 'x-slack-signature': signature }
      return { headers: { ...JSON_BODY, ...headers }, body }
    },
  ],
  [
    'a revoked authorization',
    'twitch',
    () => ({
      subscription: { type: 'user.authorization.revoke', id: 's', status: 'enabled' },
      event: { client_id: CLIENT, user_id: '7', user_login: null },
    }),
    (payload) => {
      const body = JSON.stringify(payload) ?? ''
      const [id, at] = [crypto.randomUUID(), new Date().toISOString()]
      const name = 'twitch-eventsub-message'
      const signature = `sha256=${hmac(SECRET, id, at, body).digest('hex')}`
      const proof = {
        [`${name}-id`]: id,
        [`${name}-timestamp`]: at,
        [`${name}-signature`]: signature,
      }
      return { headers: { ...JSON_BODY, ...proof }, body }
    },
  ],
  [
    'a withdrawn authorization',
    'discord',
    () => ({
      ...{ version: 1, application_id: CLIENT, type: 1 },
      event: {
        type: 'APPLICATION_DEAUTHORIZED',
        timestamp: new Date().toISOString(),
        data: { user: { id: '7' } },
      },
    }),
    (payload) => {
      const body = JSON.stringify(payload) ?? ''
      const at = String(seconds())
      const signature = signWith(null, Buffer.from(at + body), ed.privateKey).toString('hex')
      const proof = { 'x-signature-timestamp': at, 'x-signature-ed25519': signature }
      return { headers: { ...JSON_BODY, ...proof }, body }
    },
  ],
  ...(['', '/data-deletion'] as const).map((path): (typeof tellers)[number] => [
    `what is told at "${path}"`,
    'facebook',
    () => ({ user_id: '7', algorithm: 'HMAC-SHA256', issued_at: seconds(), expires: 0 }),
    (payload) => {
      const text = Buffer.from(JSON.stringify(payload) ?? '').toString('base64url')
      const request = `${hmac(SECRET, text).digest('base64url')}.${text}`
      return {
        path,
        headers: FORM,
        body: new URLSearchParams({ signed_request: request }).toString(),
      }
    },
  ]),
  [
    'a disconnection',
    'naver',
    () => {
      const iv = Buffer.alloc(16, 7)
      const cipher = createCipheriv('aes-128-cbc', createHash('md5').update(SECRET).digest(), iv)
      const sealed = Buffer.concat([iv, cipher.update('person'), cipher.final()])
      return {
        clientId: CLIENT,
        encryptUniqueId: sealed.toString('base64url'),
        timestamp: String(seconds()),
      }
    },
    (payload) => {
      const form = formOf(payload)
      const [id, sealed, at] = ['clientId', 'encryptUniqueId', 'timestamp'].map((name) =>
        form.get(name),
      )
      const signed = `clientId=${id}&encryptUniqueId=${sealed}&timestamp=${at}`
      const key = createHash('md5').update(SECRET).digest()
      form.set('signature', hmac(key, signed).digest('base64url'))
      return { headers: FORM, body: form.toString() }
    },
  ],
  [
    'an unlinked account',
    'kakao',
    () => ({ app_id: '1', user_id: '7', referrer_type: 'ACCOUNT_DELETE' }),
    (payload) => ({
      headers: { ...FORM, authorization: `KakaoAK ${SECRET}` },
      body: formOf(payload).toString(),
    }),
  ],
  ...(
    [
      [
        'kakao',
        'https://schemas.openid.net/secevent/oauth/event-type/user-unlinked',
        () => 'https://kauth.kakao.com',
      ],
      [
        'google',
        'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
        () => issuer,
      ],
    ] as const
  ).map(([provider, uri, issuerOf]): (typeof tellers)[number] => [
    `the security event token ${uri}`,
    provider,
    () => ({
      ...{
        iss: issuerOf(),
        aud: CLIENT,
        iat: seconds(),
        jti: crypto.randomUUID(),
        toe: seconds(),
      },
      events: {
        [uri]: { subject: { subject_type: 'iss-sub', iss: issuerOf(), sub: '7' }, reason: 'x' },
      },
    }),
    (payload) => ({
      headers: { 'content-type': 'application/secevent+jwt' },
      body: tokenOf(payload),
    }),
  ]),
  [
    'a deleted account',
    'apple',
    () => ({
      ...{
        iss: 'https://appleid.apple.com',
        aud: CLIENT,
        iat: seconds(),
        jti: crypto.randomUUID(),
      },
      events: { type: 'account-delete', sub: 'person', event_time: Date.now() },
    }),
    (payload) => ({ headers: JSON_BODY, body: JSON.stringify({ payload: tokenOf(payload) }) }),
  ],
]

async function tell(provider: string, { path = '', headers, body }: Request): Promise<number> {
  const answer = await fetch(`${latchkey.url}/providers/${provider}/events${path}`, {
    method: 'POST',
    headers,
    body,
  })
  await answer.arrayBuffer()
  return answer.status
}

describe.each(tellers)('%s of %s', (_what, provider, payload, request) => {
  test(`is taken or refused, whatever it holds ${again}`, async () => {
    // As a control: what is right is taken.
    const right = await tell(provider, request(payload()))
    expect(right, latchkey.logs.at(-1)).toBeLessThan(300)
    await fc.assert(
      fc.asyncProperty(mutated(payload()), async (spoilt) => {
        const status = await tell(provider, request(spoilt))
        expect(status, `${JSON.stringify(spoilt)}\n${latchkey.logs.at(-1)}`).toBeLessThan(500)
      }),
      cases(60),
    )
    expect((await fetch(`${latchkey.url}/healthz`)).status).toBe(200)
  })
})

test('no provider that tells something is left out', () => {
  const telling = builtInProviders.filter(({ events }) => events !== null).map(({ id }) => id)
  expect(new Set(tellers.map(([, provider]) => provider))).toEqual(new Set(telling))
})
