import { describe, expect, test } from 'vitest'
import { APPS, post, readTokens, refresh, signIn } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { countRows } from '../helpers/latchkey.ts'
import { leave } from '../helpers/leaving.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

const { provider, latchkey, replica } = setStageOfTwo({ settings: APPS })
const EMPTY = { users: 0, identities: 0, sessions: 0, refreshTokens: 0 }

describe('DELETE /me beside refreshes', () => {
  test('never waits in a ring: each is answered as before or after it, and nothing is left', async () => {
    const gone = { status: 400, code: 'invalid_grant' }
    const asRefreshed = (answer: Answer) =>
      answer.status === 200
        ? { status: 200, code: undefined }
        : { status: answer.status, code: answer.json().error }
    for (let round = 0; round < 40; round++) {
      const tokens = await signIn(latchkey, provider, { scope: 'openid account' })
      const { refresh_token: next } = readTokens(await refresh(latchkey, tokens.refresh_token))
      // A rotation, repeats of two kinds, the same by another replica; the deletion anywhere among them.
      const asks: (() => Promise<Answer>)[] = [
        () => refresh(latchkey, next),
        () => refresh(replica, next),
        () => refresh(replica, tokens.refresh_token),
        () => refresh(latchkey, tokens.refresh_token),
      ]
      asks.splice(round % 5, 0, () => leave(round % 2 ? latchkey : replica, tokens.access_token))
      const answers = await Promise.all(asks.map((ask) => ask()))
      const [left] = answers.splice(round % 5, 1)
      expect(left?.status, left?.text).toBe(204)
      for (const answer of answers) {
        expect([{ status: 200, code: undefined }, gone]).toContainEqual(asRefreshed(answer))
      }
      expect(asRefreshed(await refresh(latchkey, next))).toEqual(gone)
      expect(await countRows(latchkey)).toEqual(EMPTY)
    }
    const said = [...latchkey.logs, ...replica.logs].filter((line) => line.includes('"database"'))
    expect(said).toEqual([])
  })
})

test('DELETE /me beside all that a person does elsewhere at the same moment is answered, and so is that', async () => {
  for (let round = 0; round < 15; round++) {
    const [here, there] = [
      await signIn(latchkey, provider, { scope: 'openid account' }),
      await signIn(latchkey, provider, { scope: 'openid account' }),
    ]
    const ask = (method: string, path: string, body: object | null = null) =>
      new Browser().send(`${(round % 2 ? latchkey : replica).url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${there.access_token}`,
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      })
    const asks: (() => Promise<Answer>)[] = [
      () => ask('PATCH', '/me', { name: 'Somebody' }),
      () => ask('GET', '/me/export'),
      () => ask('DELETE', '/me/sessions'),
      () => ask('DELETE', `/me/sessions/${there.sid}`),
      () => ask('DELETE', '/me/identities/fake'),
      () => post(`${replica.url}/revoke`, { token: there.refresh_token, client_id: 'spa' }),
      () => new Browser().send(`${latchkey.url}/logout?id_token_hint=${there.id_token}`),
    ]
    asks.splice(round % 8, 0, () => leave(latchkey, here.access_token))
    const answers = await Promise.all(asks.map((one) => one()))
    const [left] = answers.splice(round % 8, 1)
    // Ended by "all others" a moment before, it leaves nothing undone either.
    expect([204, 401]).toContain(left?.status)
    for (const { status, text } of answers) {
      expect([200, 204, 401, 404, 409], text).toContain(status)
    }
    if (left?.status === 401) {
      await leave(latchkey, (await signIn(latchkey, provider)).access_token)
    }
    expect(await countRows(latchkey)).toEqual(EMPTY)
  }
  const said = [...latchkey.logs, ...replica.logs].filter((line) => line.includes('"database"'))
  expect(said).toEqual([])
})
