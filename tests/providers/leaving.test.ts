import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGrantSealer } from '../../src/core/kept-grant.ts'
import { createSealer } from '../../src/core/secrets.ts'
import { type Emulator, emulatedProviders, startEmulator } from '../../src/emulator/index.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { Browser } from '../helpers/browser.ts'
import { followForms } from '../helpers/forms.ts'
import { type Latchkey, startLatchkey, TEST_SECRET } from '../helpers/latchkey.ts'
import { leave, linesOf, outbox, untilOutboxEmpty } from '../helpers/leaving.ts'

/** Providers that cannot be told that a person has left. */
const WITHOUT = ['microsoft', 'spotify']

let emulator: Emulator
let latchkey: Latchkey

beforeAll(async () => {
  // Outside of Latchkey, as the real ones are.
  emulator = await startEmulator({
    providers: emulatedProviders,
    redirectUris: (id) => `${latchkey.url}/login/${id}/callback`,
  })
  latchkey = await startLatchkey(environment())
})
afterAll(async () => {
  await latchkey.close()
  await emulator.close()
})

/** Settings that aim every provider at the emulator, with all of its tokens kept. */
function environment(): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [id, settings] of Object.entries(emulator.settings)) {
    for (const [name, value] of Object.entries(settings)) env[`${id.toUpperCase()}_${name}`] = value
    env[`${id.toUpperCase()}_STORE_TOKENS`] = 'on'
  }
  return env
}

async function signIn(id: string) {
  const browser = new Browser()
  const { location } = await browser.send(`${latchkey.url}/login/${id}`)
  if (location === null) throw new Error('no redirect')
  // The hint is for the emulator; not every real provider takes one.
  location.searchParams.set('login_hint', 'minji')
  const answer = await followForms(browser, location.href.replaceAll('+', '%20'))
  expect(answer.status, answer.text).toBe(200)
  return answer.json() as { access_token: string }
}

interface Identity {
  provider: string
  issuer: string
  subject: string
  sealed_grant: string
}

/** The tokens that are kept of the only identity at a provider. */
async function kept(id: string) {
  const [row, ...more] = await latchkey.database.query<Identity>(
    'select * from latchkey.identities where provider = $1',
    [id],
  )
  expect(more).toEqual([])
  if (row === undefined) throw new Error('no identity')
  const sealer = createGrantSealer(createSealer([TEST_SECRET], 'provider grants'))
  const grant = sealer.open(row.sealed_grant, row)
  if (grant?.access == null) throw new Error('no access token')
  return { accessToken: grant.access.token, refreshToken: grant.refreshToken }
}

/** What the provider answers to a call with the access token. */
async function callWith(id: string, accessToken: string): Promise<unknown> {
  const settings = emulator.settings[id] ?? {}
  const url = new URL(settings.USERINFO_ENDPOINT ?? `${emulator.origin}/${id}/none`)
  if (id === 'facebook') {
    const proof = createHmac('sha256', settings.CLIENT_SECRET ?? '').update(accessToken)
    url.searchParams.set('appsecret_proof', proof.digest('hex'))
  }
  const headers = {
    authorization: `Bearer ${accessToken}`,
    'user-agent': 'a test',
    'client-id': settings.CLIENT_ID ?? '',
  }
  const response = await fetch(url, { headers })
  const document = (await response.json()) as { ok?: boolean }
  // Slack refuses with 200.
  return response.ok && document.ok !== false
}

/** Whether Apple, which has no userinfo, still takes the refresh token. */
async function appleRefreshes(refreshToken: string | null): Promise<boolean> {
  const settings = emulator.settings.apple ?? {}
  const row = builtInProviders.find(({ id }) => id === 'apple')
  const client = settings.CLIENT_ID ?? ''
  const aimed = { ...row, issuer: settings.ISSUER } as NonNullable<typeof row>
  const response = await fetch(settings.TOKEN_ENDPOINT ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken ?? '',
      client_id: client,
      client_secret: (await row?.clientSecret?.(client, aimed, settings)()) ?? '',
    }),
  })
  return response.ok
}

const isAlive = async (id: string, tokens: Awaited<ReturnType<typeof kept>>) =>
  id === 'apple' ? appleRefreshes(tokens.refreshToken) : callWith(id, tokens.accessToken)

const revocable = emulatedProviders.filter((id) => !WITHOUT.includes(id))

describe.each(revocable)('who leaves with an identity at %s', (id) => {
  test('ends the grant there: the token works before, and no more after', async () => {
    const { access_token } = await signIn(id)
    const tokens = await kept(id)
    expect(await isAlive(id, tokens)).toBe(true)
    expect((await leave(latchkey, access_token)).status).toBe(204)
    await untilOutboxEmpty(latchkey)
    expect(linesOf(latchkey, 'grant_revoked').at(-1)).toMatchObject({ provider: id, attempts: 1 })
    expect(await isAlive(id, tokens)).toBe(false)
  })

  test('whose grant is over there already is done at once', async () => {
    const { access_token } = await signIn(id)
    await forgetAll()
    await leave(latchkey, access_token)
    await untilOutboxEmpty(latchkey)
    expect(linesOf(latchkey, 'grant_revoked').at(-1)).toMatchObject({ provider: id, attempts: 1 })
  })
})

/** Puts an emulator in the place of the first that knows no token of before. */
async function forgetAll(): Promise<void> {
  const port = Number(new URL(emulator.origin).port)
  await emulator.close()
  emulator = await startEmulator({
    providers: emulatedProviders,
    redirectUris: (id) => `${latchkey.url}/login/${id}/callback`,
    port,
  })
}

test.each(WITHOUT)('%s has nothing to revoke by: the person leaves all the same', async (id) => {
  const { access_token } = await signIn(id)
  const tokens = await kept(id)
  expect((await leave(latchkey, access_token)).status).toBe(204)
  expect(await outbox(latchkey)).toEqual([])
  expect(linesOf(latchkey, 'grant_revoked').at(-1)).not.toMatchObject({ provider: id })
  expect(tokens.accessToken).toMatch(/./)
})

describe('an access token that is over when the person leaves', () => {
  test.each(['kakao', 'twitch'])('is refreshed first at %s', async (id) => {
    const { access_token } = await signIn(id)
    const { accessToken, refreshToken } = await kept(id)
    const [row] = await latchkey.database.query<Identity>(
      'select * from latchkey.identities where provider = $1',
      [id],
    )
    const sealer = createGrantSealer(createSealer([TEST_SECRET], 'provider grants'))
    if (row === undefined) throw new Error('no identity')
    // As it is hours later: the provider knows the access token no more.
    const sealed = sealer.seal(
      { access: { token: 'an old token', expiresAt: Date.now() - 1, scope: null }, refreshToken },
      row,
    )
    await latchkey.database.query(
      'update latchkey.identities set sealed_grant = $2 where provider = $1',
      [id, `${sealed.access} ${sealed.refreshToken}`],
    )
    expect(await callWith(id, accessToken)).toBe(true)
    await leave(latchkey, access_token)
    await untilOutboxEmpty(latchkey)
    expect(await callWith(id, accessToken)).toBe(false)
  })
})
