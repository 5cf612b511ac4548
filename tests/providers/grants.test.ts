import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emulatedProviders } from '../../src/emulator/index.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { askMe } from '../helpers/apps.ts'
import type { Answer } from '../helpers/browser.ts'
import { EmulatedGrants } from '../helpers/emulated-grants.ts'
import { leave, linesOf, outbox, untilOutboxEmpty } from '../helpers/leaving.ts'
import { expectProblem } from '../helpers/problems.ts'

/** Providers that cannot be told that a person has left. */
const WITHOUT_REVOCATION = ['microsoft', 'spotify']

/** Providers that give no refresh token to the emulated app. */
const WITHOUT_REFRESH = ['facebook', 'github', 'linkedin', 'slack']

describe.each([...emulatedProviders])('%s', (id) => {
  const stage = new EmulatedGrants(id)
  beforeAll(() => stage.start())
  afterAll(() => stage.close())

  const ask = (token: string): Promise<Answer> =>
    askMe(stage.latchkey, token, `/identities/${id}/token`)
  const isAlive = async () => {
    const { accessToken, refreshToken } = await stage.kept()
    const usesUserinfo = stage.settings.USERINFO_ENDPOINT !== undefined
    return () => (usesUserinfo ? stage.accepts(accessToken) : refreshes(stage, refreshToken))
  }

  test('gives a token that is handed out and that it takes', async () => {
    const answer = await ask(await stage.signIn())
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json().access_token).toBe((await stage.kept()).accessToken)
    expect(answer.json().scope ?? '').toMatch(/^(\S+( \S+)*)?$/)
    expect(await (await isAlive())()).toBe(true)
  })

  if (WITHOUT_REFRESH.includes(id)) {
    test('gives none that is good once it is over', async () => {
      const token = await stage.signIn()
      await stage.expire()
      expectProblem(await ask(token), 409, 'reauthentication_required')
    })
  } else {
    test('refreshes its token, and the one after it', async () => {
      const token = await stage.signIn()
      for (const _ of [1, 2]) {
        await stage.expire()
        const answer = await ask(token)
        expect(answer.status, answer.text).toBe(200)
        expect(await (await isAlive())()).toBe(true)
      }
    })

    test('that refuses a refresh wants to see the person again', async () => {
      const token = await stage.signIn()
      await stage.expire()
      await stage.forgetAll()
      expectProblem(await ask(token), 409, 'reauthentication_required')
    })
  }

  if (WITHOUT_REVOCATION.includes(id)) {
    test('has nothing to revoke by: the person leaves all the same', async () => {
      expect((await leave(stage.latchkey, await stage.signIn())).status).toBe(204)
      expect(await outbox(stage.latchkey)).toEqual([])
      expect(linesOf(stage.latchkey, 'grant_revoked')).toEqual([])
    })
    return
  }

  test('ends the grant of who leaves: its token works before, and no more after', async () => {
    const token = await stage.signIn()
    const stillAlive = await isAlive()
    expect(await stillAlive()).toBe(true)
    expect((await leave(stage.latchkey, token)).status).toBe(204)
    await untilOutboxEmpty(stage.latchkey)
    const revoked = linesOf(stage.latchkey, 'grant_revoked').at(-1)
    expect(revoked).toMatchObject({ provider: id, attempts: 1 })
    expect(await stillAlive()).toBe(false)
  })

  if (['kakao', 'twitch'].includes(id)) {
    test('is asked for a new token first, where the person leaves with one that is over', async () => {
      const token = await stage.signIn()
      const stillAlive = await isAlive()
      await stage.expire()
      expect(await stillAlive()).toBe(true)
      await leave(stage.latchkey, token)
      await untilOutboxEmpty(stage.latchkey)
      expect(await stillAlive()).toBe(false)
    })
  }

  test('that has ended the grant already is asked once', async () => {
    const before = linesOf(stage.latchkey, 'grant_revoked').length
    const token = await stage.signIn()
    await stage.forgetAll()
    await leave(stage.latchkey, token)
    await untilOutboxEmpty(stage.latchkey)
    const revoked = linesOf(stage.latchkey, 'grant_revoked')
    expect(revoked).toHaveLength(before + 1)
    expect(revoked.at(-1)).toMatchObject({ attempts: 1 })
  })
})

/** Whether a provider without userinfo still takes the refresh token. */
async function refreshes({ id, settings }: EmulatedGrants, refreshToken: string | null) {
  const found = builtInProviders.find((one) => one.id === id)
  if (found === undefined) throw new Error('no row')
  const row = { ...found, issuer: settings.ISSUER ?? '' }
  const client = settings.CLIENT_ID ?? ''
  const made = await row.clientSecret?.(client, row, settings)()
  const response = await fetch(settings.TOKEN_ENDPOINT ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken ?? '',
      client_id: client,
      client_secret: made ?? settings.CLIENT_SECRET ?? '',
    }),
  })
  return response.ok
}
