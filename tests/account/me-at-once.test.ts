import { beforeAll, expect, test } from 'vitest'
import { setDisabled } from '../helpers/age.ts'
import { askMe } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { login } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage()
const people: { token: string; sub: string }[] = []

beforeAll(async () => {
  for (let number = 1; number <= 8; number++) {
    provider.subject = `person-${number}`
    const { access_token: token, user } = (await login(latchkey, provider)).json()
    people.push({ token: String(token), sub: (user as { sub: string }).sub })
  }
})

const me = (token: string) => askMe(latchkey, token)

/** Every person asks ten times, all at once. */
const askAtOnce = () => {
  const asking = Array.from({ length: 10 }, () => people).flat()
  return Promise.all(asking.map(async ({ token, sub }) => ({ sub, answer: await me(token) })))
}

test('everybody who asks at the same moment gets the own account', async () => {
  for (const { sub, answer } of await askAtOnce()) {
    expect(answer.status).toBe(200)
    expect(answer.json().sub).toBe(sub)
    expect(answer.json().identities).toHaveLength(1)
  }
})

test('a session that is over is refused among others that are not', async () => {
  const [ended, disabled] = people
  await new Browser().send(`${latchkey.url}/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token: ended?.token ?? '', client_id: 'latchkey' }).toString(),
  })
  await setDisabled(latchkey, true, disabled?.sub)
  for (const { sub, answer } of await askAtOnce()) {
    const isOver = sub === ended?.sub || sub === disabled?.sub
    expect([sub, answer.status]).toEqual([sub, isOver ? 401 : 200])
    if (!isOver) expect(answer.json().sub).toBe(sub)
    else expect(answer.json().code).toBe('invalid_token')
  }
})
