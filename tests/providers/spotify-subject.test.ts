import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { countRows, login, startLogin } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

describe('a person whom Spotify names otherwise from one day on', () => {
  const stage = setStage({
    aim: ({ issuer }) => ({
      SPOTIFY_CLIENT_ID: 'client-at-fake',
      SPOTIFY_CLIENT_SECRET: 'secret-at-fake',
      SPOTIFY_AUTHORIZATION_ENDPOINT: `${issuer}/authorize`,
      SPOTIFY_TOKEN_ENDPOINT: `${issuer}/token`,
      SPOTIFY_USERINFO_ENDPOINT: `${issuer}/userinfo`,
    }),
    settings: APPS,
  })
  const signIn = async (userinfo: Record<string, unknown>) => {
    stage.provider.userinfo = () => userinfo
    const answer = await login(stage.latchkey, stage.provider, new Browser(), 'spotify')
    expect(answer.status, stage.latchkey.logs.join('')).toBe(200)
    const { sub, identities } = answer.json().user as {
      sub: string
      identities: { subject: string }[]
    }
    return { sub, subjects: identities.map(({ subject }) => subject) }
  }

  test('stays one user, under the newer name; sessions and the old ones of others stay theirs', async () => {
    const other = await signIn({ id: 'somebody' })
    const before = await signIn({ id: 'wizzler' })
    expect(before.subjects).toEqual(['wizzler'])
    const { users } = await countRows(stage.latchkey)
    const after = await signIn({ id: 'wizzler', account_id: 'acc0unt1d' })
    expect(after).toEqual({ sub: before.sub, subjects: ['acc0unt1d'] })
    expect(await signIn({ id: 'renamed', account_id: 'acc0unt1d' })).toEqual(after)
    expect(await signIn({ id: 'somebody' })).toEqual(other)
    expect((await countRows(stage.latchkey)).users).toBe(users)
    const open = await stage.latchkey.database.query(
      'select distinct subject from latchkey.sessions where user_id = $1',
      [before.sub],
    )
    expect(open).toEqual([{ subject: 'acc0unt1d' }])
  })

  test('who has both names already is two as before, and nobody is taken over', async () => {
    const newer = await signIn({ id: 'x1', account_id: 'second' })
    const older = await signIn({ id: 'x2' })
    const again = await signIn({ id: 'x2', account_id: 'second' })
    expect(again).toEqual(newer)
    expect(await signIn({ id: 'x2' })).toEqual(older)
    expect(newer.sub).not.toBe(older.sub)
  })

  test('is one too who first comes to link', async () => {
    const before = await signIn({ id: 'linker' })
    stage.provider.userinfo = () => ({ id: 'linker', account_id: 'linked' })
    const browser = new Browser()
    const query = authorizationQuery({ intent: 'link' })
    const { callback } = await startLogin(stage.latchkey, browser, 'spotify', query)
    const { location } = await browser.send(callback())
    expect(location?.searchParams.has('code')).toBe(true)
    expect(await signIn({ id: 'linker', account_id: 'linked' })).toEqual({
      sub: before.sub,
      subjects: ['linked'],
    })
  })
})
