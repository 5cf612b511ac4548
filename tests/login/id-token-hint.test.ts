import { describe, expect, test } from 'vitest'
import { APPS, authorize, OTHER, type Parameters, redeem, signIn } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { countRows, startLogin } from '../helpers/latchkey.ts'
import { lastProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

const OPENID = { scope: 'openid' }
/** An ID token of somebody who has signed in with this account at the provider. */
const hintOf = async (subject: string, parameters: Parameters = OPENID) => {
  provider.subject = subject
  return (await signIn(latchkey, provider, parameters)).id_token ?? ''
}
/** What the app is told at the end of a login. */
const told = async (parameters: Parameters) =>
  Object.fromEntries((await authorize(latchkey, provider, parameters)).location?.searchParams ?? [])

describe('id_token_hint (OpenID Connect Core, section 3.1.2.1)', () => {
  test.each<[string, Parameters]>([
    ['a login', {}],
    ['a silent renewal', { prompt: 'none' }],
    ['cookies', { response_mode: 'cookie', code_challenge: null, code_challenge_method: null }],
  ])(
    '%s with it is answered where it names who signs in, and login_required where not',
    async (_what, parameters) => {
      const id_token_hint = await hintOf('mine')
      const mine = await told({ ...parameters, id_token_hint })
      expect(mine.error).toBeUndefined()
      // Who has an account of their own, and who would be new.
      for (const known of [true, false]) {
        provider.subject = `new at ${Date.now()}`
        if (known) await hintOf('somebody-else')
        const before = await countRows(latchkey)
        const theirs = await told({ ...parameters, id_token_hint })
        expect(theirs.error).toBe('login_required')
        expect(theirs.error_description).toMatch(/id_token_hint/)
        expect(lastProblem(latchkey)).toMatchObject({ reason: 'id_token_hint', client: 'spa' })
        expect(await countRows(latchkey)).toEqual(before)
      }
      expect((await told(parameters)).error).toBeUndefined()
    },
  )

  test('one of another app of ours says as much, and what is none of ours nothing', async () => {
    const id_token_hint = await hintOf('mine', { ...OPENID, ...OTHER })
    const foreign = await provider.sign(provider.claims())
    provider.subject = 'somebody-else'
    expect((await told({ id_token_hint })).error).toBe('login_required')
    for (const hint of ['x', foreign, `${id_token_hint}x`, 'a'.repeat(9000)]) {
      expect((await told({ id_token_hint: hint })).code).toMatch(/\S/)
    }
  })

  test('goes along from the sign-in page, and not to the provider', async () => {
    const id_token_hint = await hintOf('mine')
    const query = `?${new URLSearchParams({ ...OPENID, id_token_hint })}`
    const page = await new Browser().send(`${latchkey.url}/login${query}`)
    expect(page.text).toContain(`id_token_hint=${id_token_hint}`)
    // What is too long to be one of ours stands in no link: a form may bring much of it.
    const long = { ...OPENID, id_token_hint: 'a'.repeat(60_000) }
    const small = await new Browser().send(`${latchkey.url}/login`, {
      method: 'POST',
      body: new URLSearchParams(long),
      headers: { accept: 'text/html' },
    })
    expect([small.status, small.text.includes('aaaaaaaaaa')]).toEqual([200, false])
    const { authorization } = await startLogin(latchkey, new Browser(), 'fake', query)
    expect(authorization.href).not.toContain(id_token_hint)
  })

  test('a link, whose code is for whoever shows it, goes on', async () => {
    const id_token_hint = await hintOf('mine')
    provider.subject = 'another-account'
    const linked = await told({ id_token_hint, intent: 'link' })
    expect(linked.code).toMatch(/\S/)
    expect((await redeem(latchkey, linked.code ?? '')).status).toBe(400)
  })
})
