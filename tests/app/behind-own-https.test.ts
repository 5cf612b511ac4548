import { expect, test } from 'vitest'
import { useLatchkey } from '../helpers/stage.ts'

// As behind a proxy with a certificate that Node.js does not know: nobody answers there.
const PUBLIC_URL = 'https://localhost:1/auth'
const latchkey = useLatchkey({ EMULATE: 'facebook' }, { path: '/auth', publicUrl: PUBLIC_URL })

test('behind https on this machine, what the emulator tells and the playground is told arrives', async () => {
  const post = (path: string, body: object) =>
    fetch(latchkey.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify(body),
    })
  expect((await post('/playground/listen', {})).status).toBe(204)
  const told = await post('/playground/disconnect', { provider: 'facebook', persona: 'minji' })
  // The page shows the address that the provider would be given.
  expect(await told.json()).toMatchObject({
    sent: { url: `${PUBLIC_URL}/providers/facebook/events` },
    answer: { status: 200 },
    failure: null,
    accepted: true,
  })
  const types = async () => {
    const answer = await fetch(`${latchkey.url}/playground/webhooks`)
    const { received } = (await answer.json()) as { received: { body: { type: string } }[] }
    return received.map(({ body }) => body.type)
  }
  await expect.poll(types).toContain('provider_event.received')
})
