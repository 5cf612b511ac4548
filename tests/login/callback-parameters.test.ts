import { describe, expect, test } from 'vitest'
import { type Answer, Browser } from '../helpers/browser.ts'
import { type StartedLogin, startLogin } from '../helpers/latchkey.ts'
import {
  expectNobodySignedIn,
  expectProblem,
  expectProtected,
  lastProblem,
} from '../helpers/problems.ts'
import { rawBytes, rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage()

async function begin(browser: Browser): Promise<StartedLogin> {
  const started = await startLogin(latchkey, browser)
  provider.nonce = started.nonce ?? ''
  return started
}

/** Sends a callback with this query; `STATE` in it is the state of a flow of this browser. */
async function callBack(query: string, browser = new Browser()): Promise<Answer> {
  const { state } = await begin(browser)
  const text = query.replaceAll('STATE', state)
  const [pair = ''] = [...browser.jar()].map(([name, { value }]) => `${name}=${value}`)
  return rawRequest(`${latchkey.url}/login/fake/callback?${text}`, { headers: ['cookie', pair] })
}

async function expectRefused(status: number, code: string, query: string): Promise<Answer> {
  const answer = await expectNobodySignedIn(latchkey, provider, () => callBack(query))
  expectProblem(answer, status, code)
  return answer
}

const HOSTILE = {
  script: '"><img src=x onerror=alert(1)><script>alert(1)</script>',
  lines: 'x\r\nset-cookie: evil=1\r\n\r\n<html>',
  long: 'd'.repeat(10_000),
}

describe('a refusal of the provider', () => {
  test('2.22 a person who declines is told so; the flow is over and no code is sent', async () => {
    await expectRefused(403, 'access_denied', 'error=access_denied&state=STATE')
    expect(lastProblem(latchkey)).toMatchObject({ step: 'callback', error: 'access_denied' })
  })

  test.each([['server_error'], ['temporarily_unavailable'], ['invalid_scope']])(
    '2.22 any other refusal (%s) is the error of the provider',
    async (error) => {
      await expectRefused(502, 'provider_error', `error=${error}&state=STATE`)
      expect(lastProblem(latchkey)).toMatchObject({ step: 'callback', error })
    },
  )

  test.each([
    'login_required',
    'interaction_required',
    'consent_required',
    'account_selection_required',
  ])('2.22 what has to be asked (%s) is told as it is', async (error) => {
    await expectRefused(400, error, `error=${error}&state=STATE`)
  })

  test.each(Object.entries(HOSTILE))(
    '2.23 what a provider says in words (%s) is shown, sent and logged nowhere',
    async (_name, text) => {
      const words = encodeURIComponent(text)
      for (const [query, status, code] of [
        [`error=access_denied&error_description=${words}&state=STATE`, 403, 'access_denied'],
        [`error=access_denied&error_uri=${words}&state=STATE`, 403, 'access_denied'],
        [`error=access_denied&error_description=${words}`, 400, 'invalid_state'],
      ] as const) {
        const answer = await expectRefused(status, code, query)
        const all = `${answer.text}${JSON.stringify([...answer.headers])}${latchkey.logs.join()}`
        for (const part of ['onerror', '<script', 'evil=1', 'ddddd']) {
          expect(all).not.toContain(part)
        }
      }
    },
  )

  test.each([
    ['<script>alert(1)</script>', 502, 'provider_error'],
    ['x\r\nset-cookie: evil=1', 502, 'provider_error'],
    ['e'.repeat(65), 502, 'provider_error'],
    ['e'.repeat(5_000), 400, 'invalid_request'],
  ])('2.23 an error code that is none (%.30s) is not repeated', async (error, status, code) => {
    const answer = await expectRefused(
      status,
      code,
      `error=${encodeURIComponent(error)}&state=STATE`,
    )
    expect(answer.headers.get('set-cookie') ?? '').not.toContain('evil')
    const all = `${answer.text}${latchkey.logs.join()}`
    for (const part of ['<script', 'evil=1', 'e'.repeat(65)]) expect(all).not.toContain(part)
  })
})

describe('which parameters count', () => {
  test('2.24 code and error together, or neither, is the error of the provider', async () => {
    await expectRefused(502, 'provider_error', 'code=x&error=access_denied&state=STATE')
    await expectRefused(502, 'provider_error', 'code=x&error=y&state=STATE')
    await expectRefused(502, 'provider_error', 'state=STATE')
    await expectRefused(502, 'provider_error', 'code=&state=STATE')
    expect((await callBack('code=x&state=STATE')).status).toBe(200)
  })

  test('2.25 tokens and signed responses in the query sign nobody in', async () => {
    const idToken = await provider.sign({ ...provider.claims(), sub: 'person-of-the-attacker' })
    for (const query of [
      `access_token=x&token_type=Bearer&id_token=${idToken}&state=STATE`,
      `response=${idToken}&state=STATE`,
    ]) {
      await expectRefused(502, 'provider_error', query)
    }
    await expectRefused(400, 'invalid_state', `response=${idToken}`)
  })

  test('2.25 beside a code they are ignored: who signs in is whom the code stands for', async () => {
    const idToken = await provider.sign({ ...provider.claims(), sub: 'person-of-the-attacker' })
    const more = `access_token=x&id_token=${idToken}&response=${idToken}`
    const answer = await callBack(`code=x&state=STATE&${more}`)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json().user).toMatchObject({ identities: [{ subject: 'person-1' }] })
  })

  test.each([
    'code=a&code=b&state=STATE',
    'code=a&state=STATE&state=STATE',
    'code=a&state=STATE&iss=https%3A%2F%2Fone.example&iss=https%3A%2F%2Ftwo.example',
    'code=a&error=x&error=y&state=STATE',
    'code[]=a&state=STATE',
    'code[a]=b&state=STATE',
    'code=a&code[]=b&state=STATE',
    'code=a&state=STATE&state[]=x',
  ])('2.26 a parameter that stands twice or in brackets (%s) is refused', async (query) => {
    await expectRefused(400, 'invalid_request', query)
  })

  test('2.26 control: a stranger twice, and a flow that was refused before, signs in', async () => {
    const browser = new Browser()
    const started = await begin(browser)
    const twice = `${started.callback()}&code=b`
    expectProblem(await browser.send(twice), 400, 'invalid_request')
    expect((await browser.send(`${started.callback()}&scope=a&scope=b`)).status).toBe(200)
  })

  test.each([
    ['of 8193 characters', 'c'.repeat(8193)],
    ['with a NUL', 'a%00b'],
    ['with an emoji', '%F0%9F%94%91'],
    ['with a line end', 'a%0d%0ab'],
  ])('2.31 a code %s is malformed', async (_name, code) => {
    await expectRefused(400, 'invalid_request', `code=${code}&state=STATE`)
  })

  test.each([
    ['of 8192 characters', 'c'.repeat(8192), 'c'.repeat(8192)],
    ['of every kind of character', '%7E%20%2B%2F%27%22%3B--', `~ +/'";--`],
    ['broken in its encoding', 'a%ff', 'a%ff'],
  ])('2.31 a code %s is passed on as it is', async (_name, code, passed) => {
    expect((await callBack(`code=${code}&state=STATE`)).status).toBe(200)
    expect(provider.calls.find(({ step }) => step === 'token')?.form.code).toBe(passed)
  })

  test('2.31 a URL of a megabyte is refused and the service goes on', async () => {
    const path = `/login/fake/callback?state=x&code=${'c'.repeat(1024 * 1024)}`
    const text = await rawBytes(latchkey.url, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    expect(text).toMatch(/^(HTTP\/1\.1 431 |$)/)
    expect((await callBack('code=x&state=STATE')).status).toBe(200)
  })
})

describe('the method', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'HEAD'])(
    '2.27 %s is not the method of a callback, and does not end the flow',
    async (method) => {
      const browser = new Browser()
      const started = await begin(browser)
      const [pair = ''] = [...browser.jar()].map(([name, { value }]) => `${name}=${value}`)
      const isForm = method === 'POST' || method === 'PUT'
      const answer = await expectNobodySignedIn(latchkey, provider, () =>
        rawRequest(started.callback(), {
          method,
          headers: [
            ...['cookie', pair],
            ...(isForm ? ['content-type', 'application/x-www-form-urlencoded'] : []),
          ],
          ...(isForm ? { body: `code=x&state=${started.state}` } : {}),
        }),
      )
      if (method === 'HEAD') expect(answer.status).toBe(405)
      else expectProblem(answer, 405, 'method_not_allowed')
      // A form is for those providers that send one.
      expect(answer.headers.get('allow')).toBe(method === 'POST' ? 'GET' : 'GET, POST')
      expect((await browser.send(started.callback())).status).toBe(200)
    },
  )
})

describe('2.32 every answer of a callback', () => {
  test.each([
    ['a success', 'code=x&state=STATE', 200],
    ['a refusal', 'error=access_denied&state=STATE', 403],
    ['a missing flow', 'code=x&state=nobody', 400],
    ['a malformed request', 'code=x&code=y', 400],
  ])(
    '%s is kept, framed and referred to by nobody, and redirects nowhere',
    async (_n, query, status) => {
      const answer = await callBack(query)
      expect(answer.status).toBe(status)
      expectProtected(answer)
      expect(answer.location).toBeNull()
    },
  )

  test('a page of it loads nothing from anywhere', async () => {
    const answer = await new Browser().send(`${latchkey.url}/login/fake/callback?state=x`, {
      headers: { accept: 'text/html' },
    })
    expect(answer.status).toBe(400)
    expectProtected(answer)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    // Links are followed by people, not loaded.
    const loaded = answer.text.replace(/<a [^>]*>|<link rel="icon" href="data:,">/g, '')
    expect(loaded).not.toMatch(/<(script|img|link|iframe|form|object)\b|url\(|https?:/i)
  })
})
