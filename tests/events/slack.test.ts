import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { useLatchkey } from '../helpers/stage.ts'

const SECRET = 'signing-secret-of-the-app-at-slack'

const latchkey = useLatchkey({
  SLACK_CLIENT_ID: '1.2',
  SLACK_CLIENT_SECRET: 'secret-at-slack',
  SLACK_SIGNING_SECRET: SECRET,
})

async function tell(team: string | null | undefined, secret = SECRET) {
  const body = JSON.stringify({
    ...{
      type: 'event_callback',
      team_id: team,
      enterprise_id: 'E1',
      event_id: crypto.randomUUID(),
    },
    event: { type: 'tokens_revoked', tokens: { oauth: ['U1'] } },
  })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  const { status } = await fetch(`${latchkey.url}/providers/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${mac}`,
    },
    body,
  })
  const line = JSON.parse(latchkey.logs.findLast((one) => one.includes('"provider_event')) ?? '{}')
  return { status, outcome: line.outcome ?? line.reason }
}

test('what a whole organisation tells without a workspace is acknowledged and ends nobody’s sessions', async () => {
  // In a workspace it is acted on.
  expect(await tell('T1')).toEqual({ status: 200, outcome: 'acted' })
  expect(await tell(undefined)).toEqual({ status: 200, outcome: 'nothing' })
  expect(await tell(null)).toEqual({ status: 200, outcome: 'nothing' })
  expect(await tell(null, 'another secret')).toEqual({ status: 401, outcome: 'invalid_key' })
})
