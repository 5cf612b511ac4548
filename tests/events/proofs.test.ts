import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import type { EventTools } from '../../src/core/provider/provider-event.ts'
import { facebookEvents } from '../../src/providers/events/facebook.ts'
import { useLatchkey } from '../helpers/stage.ts'

// What is signed proves one thing only: neither another message of the same bytes, nor another purpose.

const SECRET = 'secret-of-the-app-there'

const latchkey = useLatchkey({
  TWITCH_CLIENT_ID: 'app',
  TWITCH_CLIENT_SECRET: 'secret-at-twitch',
  TWITCH_EVENTSUB_SECRET: SECRET,
  FACEBOOK_CLIENT_ID: '1234',
  FACEBOOK_CLIENT_SECRET: SECRET,
})

async function post(path: string, body: string, headers: Record<string, string>) {
  const { status } = await fetch(`${latchkey.url}/providers/${path}`, {
    method: 'POST',
    headers,
    body,
  })
  const line = JSON.parse(latchkey.logs.findLast((one) => one.includes('"provider_event')) ?? '{}')
  return { status, outcome: line.outcome ?? line.reason }
}

/** One signed message of Twitch, `moved` characters of it read as of the id or of the time beside it. */
function tellTwitch(moved: number, at = new Date().toISOString()) {
  const signed = `${messageId}${at}`
  const body = JSON.stringify({
    subscription: { type: 'user.authorization.revoke' },
    event: { client_id: 'app', user_id: '141981764' },
  })
  const mac = createHmac('sha256', SECRET).update(signed).update(body).digest('hex')
  const end = messageId.length + moved
  return post('twitch/events', body, {
    'content-type': 'application/json',
    'twitch-eventsub-message-id': signed.slice(0, end),
    'twitch-eventsub-message-timestamp': signed.slice(end),
    'twitch-eventsub-message-signature': `sha256=${mac}`,
  })
}
const messageId = 'e76c6bd4-55c9-4987-8304-da1588d8988b'

test('a message of Twitch whose id and time are cut elsewhere is no second message', async () => {
  const at = new Date().toISOString()
  expect(await tellTwitch(0, at)).toEqual({ status: 204, outcome: 'acted' })
  for (const moved of [-1, -36, 1, 2, 4, 12, at.length]) {
    expect(await tellTwitch(moved, at), `${moved}`).toEqual({
      status: 401,
      outcome: 'invalid_request',
    })
  }
  expect(await tellTwitch(0, at)).toEqual({ status: 204, outcome: 'repeated' })
})

test('a signed request of Facebook that a login left in the browser deletes nobody', async () => {
  const tell = (more: object) => {
    const told = {
      user_id: '10158294726152673',
      algorithm: 'HMAC-SHA256',
      issued_at: Math.floor(Date.now() / 1000),
      ...more,
    }
    const payload = Buffer.from(JSON.stringify(told)).toString('base64url')
    const mac = createHmac('sha256', SECRET).update(payload).digest('base64url')
    const form = new URLSearchParams({ signed_request: `${mac}.${payload}` }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return post('facebook/events/data-deletion', form, headers)
  }
  for (const grant of [{ code: 'AQBx' }, { oauth_token: 'EAAB' }]) {
    expect(await tell(grant)).toEqual({ status: 401, outcome: 'invalid_request' })
  }
  expect(await tell({})).toEqual({ status: 200, outcome: 'acted' })
})

test.each([
  ['"10158294726152673"', '10158294726152673'],
  // Beyond 2^53: the nearest double is another person's.
  ['10158294726152673', '10158294726152673'],
  ['218471', '218471'],
  ['null', null],
  ['{}', null],
])('a person whom Facebook names by %s is %s', async (userId, subject) => {
  const told = `{"user_id":${userId},"algorithm":"HMAC-SHA256"}`
  const payload = Buffer.from(told).toString('base64url')
  const mac = createHmac('sha256', SECRET).update(payload).digest('base64url')
  const body = Buffer.from(new URLSearchParams({ signed_request: `${mac}.${payload}` }).toString())
  const tools = { client: { id: '1234', secret: SECRET }, address: '' } as unknown as EventTools
  const read = async () => {
    const { events } = await facebookEvents.read({ body, path: '' } as never, tools)
    return events.map((event) => event.subject)
  }
  if (subject === null) await expect(read()).rejects.toThrow('user_id')
  else expect(await read()).toEqual([subject])
})
