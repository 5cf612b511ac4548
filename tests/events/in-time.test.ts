import { createCipheriv, createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { useLatchkey } from '../helpers/stage.ts'

// What providers say of their messages: how long after it was sent one may be taken.

const SECRET = 'secret-of-the-app-there'

const latchkey = useLatchkey({
  NAVER_CLIENT_ID: 'app',
  NAVER_CLIENT_SECRET: SECRET,
  SLACK_CLIENT_ID: '1.2',
  SLACK_CLIENT_SECRET: 'secret-at-slack',
  SLACK_SIGNING_SECRET: SECRET,
  TWITCH_CLIENT_ID: 'app',
  TWITCH_CLIENT_SECRET: 'secret-at-twitch',
  TWITCH_EVENTSUB_SECRET: SECRET,
})

async function post(path: string, body: string, headers: Record<string, string>) {
  const { status } = await fetch(`${latchkey.url}/providers/${path}`, {
    method: 'POST',
    headers,
    body,
  })
  const line = JSON.parse(latchkey.logs.findLast((one) => one.includes('"provider_event')) ?? '{}')
  return { ok: status < 300, outcome: line.outcome ?? line.reason }
}

const json = { 'content-type': 'application/json' }

/** A right message of each, sent at this moment. */
const messages: Record<string, (sent: Date) => ReturnType<typeof post>> = {
  slack: (sent) => {
    const timestamp = String(Math.floor(sent.getTime() / 1000))
    const event = { type: 'tokens_revoked', tokens: { oauth: ['U1'] } }
    const body = JSON.stringify({ team_id: 'T1', event_id: randomUUID(), event })
    const mac = createHmac('sha256', SECRET).update(`v0:${timestamp}:${body}`).digest('hex')
    const proof = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${mac}` }
    return post('slack/events', body, { ...json, ...proof })
  },
  twitch: (sent) => {
    const [id, at] = [randomUUID(), sent.toISOString()]
    const subscription = { type: 'user.authorization.revoke' }
    const body = JSON.stringify({ subscription, event: { client_id: 'app', user_id: '1' } })
    const mac = createHmac('sha256', SECRET).update(`${id}${at}${body}`).digest('hex')
    return post('twitch/events', body, {
      ...json,
      'twitch-eventsub-message-id': id,
      'twitch-eventsub-message-timestamp': at,
      'twitch-eventsub-message-signature': `sha256=${mac}`,
    })
  },
  naver: (sent) => {
    const [key, iv] = [createHash('md5').update(SECRET).digest(), randomBytes(16)]
    const cipher = createCipheriv('aes-128-cbc', key, iv)
    const encryptUniqueId = Buffer.concat([iv, cipher.update('abc'), cipher.final()]).toString(
      'base64url',
    )
    const timestamp = Math.floor(sent.getTime() / 1000)
    const signed = `clientId=app&encryptUniqueId=${encryptUniqueId}&timestamp=${timestamp}`
    const signature = createHmac('sha256', key).update(signed).digest('base64url')
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return post('naver/events', `${signed}&signature=${signature}`, headers)
  },
}

test.each([
  ['slack', 5],
  ['twitch', 10],
  ['naver', 10],
])('what %s sent is taken for %i minutes, and then by nobody', async (provider, minutes) => {
  const tell = (ago: number) => messages[provider]?.(new Date(Date.now() - ago * 60_000))
  for (const ago of [0, minutes - 1, 1 - minutes]) {
    expect(await tell(ago), `${ago}`).toEqual({ ok: true, outcome: 'acted' })
  }
  for (const ago of [minutes + 1, -1 - minutes, 60 * 24]) {
    expect(await tell(ago), `${ago}`).toEqual({ ok: false, outcome: 'invalid_request' })
  }
  // By then its id is forgotten, and no event of that age changes anything.
  expect(await tell(31 * 24 * 60)).toEqual({ ok: true, outcome: 'old' })
})
