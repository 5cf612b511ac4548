import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askMe, meStatus } from '../helpers/apps.ts'
import { type Choice, usePlayground } from '../helpers/playground.ts'
import { whyMissing } from '../helpers/programs.ts'
import { useLatchkey } from '../helpers/stage.ts'

const run = promisify(execFile)
const missing = whyMissing('bash') ?? whyMissing('curl')

/** Where commands run: an empty folder for each test, as a jar is left in it. */
let folder: string
const latchkey = useLatchkey({
  EMULATE: 'all',
  // Beside the emulated ones a provider that is not.
  OIDC_PROVIDERS: 'corp',
  CORP_NAME: 'Corp',
  CORP_CLIENT_ID: 'a',
  CORP_CLIENT_SECRET: 'b',
  CORP_ISSUER: 'http://localhost:1',
  CORP_AUTHORIZATION_ENDPOINT: 'http://localhost:1/authorize',
  CORP_TOKEN_ENDPOINT: 'http://localhost:1/token',
  CORP_JWKS_URI: 'http://localhost:1/jwks',
})
beforeEach(async ({ task, skip }) => {
  skip(missing !== null && /\b(curl|command)\b/.test(task.name), missing ?? '')
  folder = await mkdtemp(join(tmpdir(), 'latchkey-snippets-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What a pasted command prints. */
const bash = async (command: string) => (await run('bash', ['-c', command], { cwd: folder })).stdout

/** What a pasted script prints, in the console of the page. */
const inConsole = (page: Page, script: string) =>
  page.evaluate<unknown[][]>(`(async () => {
    const printed = []
    const console = { log: (...values) => printed.push(values) }
    ${script}
    return printed
  })()`)

describe('what the playground gives to copy', () => {
  const playground = usePlayground(() => latchkey)
  const { open, choose, start, signIn, signedIn, held, copy } = playground

  const token = async (page: Page) => (await held(page)).tokens?.access_token
  const titles = (page: Page) =>
    page
      .locator('main .side figcaption')
      .evaluateAll((all) => all.map((one) => String(one.textContent)))

  /** A login beside another session of the same person; gives the access token of the other. */
  async function signInBesides(page: Page, choice: Choice) {
    await signIn(page, { ...choice, how: 'Redirect' })
    const other = await token(page)
    await page.getByRole('button', { name: 'Sign in again' }).click()
    await signIn(page, choice)
    return other
  }

  const byToken = [
    'Who is it? · GET /me',
    'Sign out · GET /logout',
    'Also sign out at the provider · GET /logout/kakao',
    'Revoke · POST /revoke',
    'Exchange the code for tokens · POST /token',
    'Token response',
    'Refresh · POST /token',
    'List · GET /me/sessions',
    'End one · DELETE /me/sessions/…',
    'End all others · DELETE /me/sessions',
  ]
  const byCookie = byToken.filter((title) => !/Revoke|Exchange/.test(title))
  test.each([
    ['Redirect', byToken],
    ['Popup', byToken],
    ['Cookie', byCookie.filter((title) => title !== 'Token response')],
  ] as const)('is all of this, and all of it is run below: %s', async (how, expected) => {
    const page = await open()
    expect(await titles(page)).toEqual(['Start a login · GET /login/google'])
    await signInBesides(page, { how })
    const shown = (await titles(page)).map((title) => title.replace(/[\da-f-]{36}$/, '…'))
    expect(shown).toEqual(expected)
  })

  test('no command has a comment, which a shell of macOS would run', async () => {
    const page = await open()
    for (const how of ['Redirect', 'Cookie'] as const) {
      await choose(page, { how, as: 'minji' })
      expect(await copy(page, 'Start a login', 'curl')).toMatch(/^curl [^#]*$/)
    }
    await signIn(page, { how: 'Cookie' })
    for (const title of ['Who is it?', 'Refresh · ', 'List · ', 'End all others']) {
      expect(await copy(page, title, 'curl')).toMatch(/^curl [^#]*$/)
    }
  })

  describe('before a login', () => {
    test.each([
      ['Redirect', 'JavaScript'],
      ['Popup', 'URL'],
      ['Cookie', 'URL'],
    ] as const)('the start pasted in this tab signs in: %s by %s', async (how, label) => {
      const page = await open()
      await choose(page, { how, as: 'minji' })
      const text = await copy(page, 'Start a login', label)
      if (label === 'URL') await page.goto(text)
      else await page.evaluate(text)
      // A window for a popup that no page opened has a link instead of a message.
      if (how === 'Popup') await page.getByRole('link', { name: 'Back to Playground' }).click()
      await signedIn(page)
      expect((await held(page)).tokens === null).toBe(how === 'Cookie')
    })

    test('the start pasted in another tab is refused there: that tab waits for another state', async () => {
      const page = await open()
      await choose(page, { as: 'minji' })
      const other = await open()
      await other.goto(await copy(page, 'Start a login', 'URL'))
      await other.getByRole('alert').getByText('its state is not the one').waitFor()
    })

    test('the script of a popup gets a code, once', async () => {
      const page = await open()
      await choose(page, { how: 'Popup', as: 'minji' })
      const script = await copy(page, 'Start a login', 'JavaScript')
      await page.evaluate('window.printed = []; console.log = (one) => printed.push(one)')
      await page.evaluate(script)
      await expect
        .poll(() => page.evaluate('printed'))
        .toEqual([expect.stringMatching(/^[\w.-]{20,}$/)])
    })

    test('curl gets the tokens and the user', async () => {
      const page = await open()
      await choose(page, { as: 'alex' })
      const answer = JSON.parse(await bash(await copy(page, 'Start a login', 'curl')))
      expect(answer).toHaveProperty('user.name', 'Alex Morgan')
      expect(await meStatus(latchkey, answer.access_token)).toBe(200)
      await choose(page, { as: '!denied' })
      const denied = JSON.parse(await bash(await copy(page, 'Start a login', 'curl')))
      expect(denied).toHaveProperty('code', 'access_denied')
    })

    test('curl gets cookies, and with them the user', async () => {
      const page = await open()
      await choose(page, { how: 'Cookie', as: 'alex' })
      const command = await copy(page, 'Start a login', 'curl')
      expect(JSON.parse(await bash(command))).toHaveProperty('name', 'Alex Morgan')
      expect(await bash('cat jar')).toContain('latchkey-access')
    })

    test('curl says where a real provider is', async () => {
      const page = await open()
      await choose(page, { provider: 'Corp' })
      const where = await bash(await copy(page, 'Start a login', 'curl'))
      expect(where).toMatch(/^http:\/\/localhost:1\/authorize\?.*code_challenge=/)
    })

    test('the command at the top is a whole login', async () => {
      const page = await open()
      const answer = await bash(await copy(page, 'A whole login on the command line'))
      expect(JSON.parse(answer)).toHaveProperty('user.name', '김민지')
    })
  })

  // A command shown with a token is pasted into bash, a fetch into the page's console.
  describe('with tokens', () => {
    const runners = [
      ['curl', async (_page: Page, text: string) => bash(text)],
      ['fetch', async (page: Page, text: string) => printed(await inConsole(page, text))],
    ] as const
    /** As curl prints it: JSON where it is an object, text where it is that. */
    const printed = ([values = []]: unknown[][]) => {
      const last = values.at(-1)
      return typeof last === 'string' ? last : JSON.stringify(last)
    }

    test.each(runners)('does all that a signed-in user can, by %s', async (label, paste) => {
      const page = await open()
      const other = await signInBesides(page, { provider: 'LINE', as: 'yuki' })
      const own = await token(page)
      const pasted = async (title: string) => paste(page, await copy(page, title, label))
      const status = (of: string | undefined) => meStatus(latchkey, of)
      const user = (await askMe(latchkey, own)).json()
      expect(JSON.parse(await pasted('Who is it?'))).toEqual(user)
      const sessions = async () => JSON.parse(await pasted('List · ')) as object[]
      const before = await sessions()
      expect(before).toContainEqual(expect.objectContaining({ current: true }))
      await pasted('End one · ')
      expect(await sessions()).toHaveLength(before.length - 1)
      await pasted('End all others · ')
      expect(await sessions()).toHaveLength(1)
      expect([await status(other), await status(own)]).toEqual([401, 200])
      const { access_token: fresh } = JSON.parse(await pasted('Refresh · '))
      expect(await status(fresh)).toBe(200)
      expect(await pasted('Revoke · ')).toBe('{}')
      expect(await status(fresh)).toBe(401)
    })

    test.each(runners)('swaps the code again for the same session, by %s', async (label, paste) => {
      const page = await open()
      await signIn(page)
      const { tokens } = await held(page)
      const answer = JSON.parse(await paste(page, await copy(page, 'Exchange the code', label)))
      expect(answer).toHaveProperty('refresh_token', tokens?.refresh_token)
      expect(await meStatus(latchkey, tokens?.access_token)).toBe(200)
    })

    test('shows tokens masked, and copies them whole', async () => {
      const page = await open()
      await signIn(page)
      const { tokens } = await held(page)
      expect(JSON.parse(await copy(page, 'Token response'))).toEqual(tokens)
      const figure = page.locator('figure', { hasText: 'Who is it?' }).locator('pre')
      expect(await figure.innerText()).toMatch(/Bearer eyJ\w+•+'/)
      await page.getByRole('button', { name: 'Show full tokens' }).click()
      expect(await figure.innerText()).toContain(tokens?.access_token)
    })

    test.each([
      ['Sign out · ', 'curl'],
      ['Also sign out at the provider', 'JavaScript'],
    ])('signs out: %s%s', async (title, label) => {
      const page = await open()
      await signIn(page)
      const text = await copy(page, title, label)
      const before = await token(page)
      if (label === 'curl') expect(await bash(text)).toMatch(/^303 http/)
      else {
        await page.evaluate(text)
        await page.getByRole('alert').getByText('The session of this tab has ended').waitFor()
      }
      expect(await meStatus(latchkey, before)).toBe(401)
    })

    test('has no sign-out by ID token where there is none', async () => {
      const page = await open()
      await signIn(page, { idToken: false })
      expect((await titles(page)).filter((title) => title.startsWith('Sign out'))).toEqual([])
    })
  })

  describe('with cookies', () => {
    test('fetch reads, lists, refreshes, ends others in the page', async () => {
      const page = await open()
      await signInBesides(page, { how: 'Cookie', provider: 'Twitch' })
      const pasted = async (title: string) => inConsole(page, await copy(page, title, 'fetch'))
      expect(await pasted('Who is it?')).toEqual([[expect.objectContaining({ name: '김민지' })]])
      const [[sessions] = []] = await pasted('List · ')
      expect(sessions).toHaveLength(2)
      const [[status, body] = []] = await pasted('Refresh · ')
      expect([status, JSON.parse(String(body))]).toMatchObject([200, { token_type: 'Bearer' }])
      expect(await pasted('End one · ')).toEqual([[204]])
      expect(await pasted('End all others · ')).toEqual([[204]])
      expect((await pasted('List · '))[0]?.[0]).toHaveLength(1)
    })

    test('curl does each on its own, with no jar before it', async () => {
      const page = await open()
      await signInBesides(page, { how: 'Cookie', provider: 'Slack', as: 'alex' })
      const pasted = async (title: string) => {
        await rm(join(folder, 'jar'), { force: true })
        return bash(await copy(page, title, 'curl'))
      }
      expect(JSON.parse(await pasted('Who is it?'))).toHaveProperty('name', 'Alex Morgan')
      expect(JSON.parse(await pasted('List · ')).length).toBeGreaterThan(2)
      expect(JSON.parse(await pasted('Refresh · '))).toHaveProperty('token_type', 'Bearer')
      expect(await pasted('End one · ')).toBe('')
      await page.reload()
      await signedIn(page)
      // The page's own is one of the others for curl.
      expect(await pasted('End all others · ')).toBe('')
      expect(await pasted('Sign out · ')).toMatch(/^303 http/)
      expect(await pasted('Also sign out at the provider')).toMatch(/^303 http/)
      await page.reload()
      await page.getByRole('alert').getByText('The session of this tab has ended').waitFor()
    })

    test('offers curl no end of a session of a person whom it does not know', async () => {
      const page = await open()
      await signIn(page, { provider: 'X' })
      await page.getByRole('button', { name: 'Sign in again' }).click()
      await choose(page, { how: 'Cookie', provider: 'X', as: '' })
      await start(page)
      await page.locator('main form button').first().click()
      await signedIn(page)
      expect(await copy(page, 'End one · ')).toContain('await fetch(')
    })

    test('signs out in the page', async () => {
      const page = await open()
      await signIn(page, { how: 'Cookie' })
      await page.evaluate(await copy(page, 'Sign out · ', 'JavaScript'))
      await page.getByRole('alert').getByText('The session of this tab has ended').waitFor()
    })
  })
})
