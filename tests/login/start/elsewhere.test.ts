import { expect, test } from 'vitest'
import { APPS, authorizationQuery, SPA } from '../../helpers/apps.ts'
import { setStage } from '../../helpers/stage.ts'

const { latchkey } = setStage({ settings: APPS })

const POPUP = { response_mode: 'web_message' }
const COOKIE = { response_mode: 'cookie', code_challenge: null, code_challenge_method: null }
const HERE = { redirect_uri: 'http://localhost:5173/cb' }
const from = (referer: string) => ({ referer })

test.each([
  [
    'a popup of a page of another origin',
    POPUP,
    from('https://www.example.com/shop'),
    { event: 'popup_of_another_origin', origin: 'https://www.example.com' },
  ],
  ['a popup of a page of the app', POPUP, from('https://app.example.com/'), null],
  ['a popup of a page that does not say which', POPUP, {}, null],
  ['a popup of something that is no address', POPUP, from('about'), null],
  ['a popup of what has no origin', POPUP, from('data:text/html,shop'), null],
  [
    'a popup of a page with a name that nobody has',
    POPUP,
    from(`https://${'a'.repeat(7_000)}.example/`),
    { event: 'popup_of_another_origin', origin: `https://${'a'.repeat(192)}…` },
  ],
  ['a redirect from a page of another origin', {}, from('https://www.example.com/shop'), null],
  [
    'cookies for an app of another site',
    COOKIE,
    {},
    { event: 'cookies_for_another_site', origin: 'https://app.example.com' },
  ],
  ['cookies for an app of the same site', { ...COOKIE, ...HERE }, {}, null],
  ['a code for an app of another site', {}, {}, null],
])('the log says where an app will hear nothing: %s', async (_what, asked, headers, line) => {
  latchkey.logs.length = 0
  const answer = await fetch(`${latchkey.url}/login/fake${authorizationQuery(asked)}`, {
    redirect: 'manual',
    headers: { ...headers },
  })
  expect(answer.status).toBe(302)
  const lines = latchkey.logs
    .map((one) => JSON.parse(one) as Record<string, unknown>)
    .filter(({ event }) => String(event).includes('_another_'))
  expect(lines).toHaveLength(line === null ? 0 : 1)
  if (line !== null)
    expect(lines[0]).toMatchObject({ ...line, level: 'warn', client: SPA.client_id })
})
