import { beforeEach, describe, expect, test } from 'vitest'
import type { Deed } from '../../src/emulator/events/event.ts'
import { played } from '../../src/emulator/played/index.ts'
import { age } from '../helpers/age.ts'
import { meStatus } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { followForms } from '../helpers/forms.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'all' })

const telling = played.filter(({ events }) => events !== undefined)

interface Reported {
  accepted: boolean
  failure: string | null
  answer: { status: number; body: string } | null
}

// What was told within this second by another test is no repetition.
beforeEach(async () => {
  await latchkey.database.query('delete from latchkey.received_events', [])
})

async function signIn(provider: string, persona = 'minji') {
  const url = `${latchkey.url}/login/${provider}?login_hint=${persona}`
  return { token: String((await followForms(new Browser(), url)).json().access_token) }
}

const isSignedIn = async (token: string) => (await meStatus(latchkey, token)) === 200

async function emulatorOf(provider: string): Promise<string> {
  const { location } = await new Browser().send(`${latchkey.url}/login/${provider}`)
  return `${location?.origin}/${provider}/emulator/events`
}

async function tell(provider: string, kind: string, more: object = {}): Promise<Reported> {
  const answer = await fetch(await emulatorOf(provider), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind, persona: 'minji', ...more }),
  })
  expect(answer.status, await answer.clone().text()).toBe(200)
  return (await answer.json()) as Reported
}

const ENDING: readonly Deed[] = [
  'disconnects',
  'deletes_account',
  'wants_data_deleted',
  'signed_out',
  'disabled',
]
/** Nothing in them tells one from another, so each is acted on. */
const EVERY_TIME = ['kakao unlink', 'github revoked']

describe.each(telling.map(({ id, events }) => ({ id, kinds: events?.kinds ?? {} })))(
  '$id',
  ({ id, kinds }) => {
    test.each(Object.entries(kinds))(
      '%s, which means "%s", is taken and acted on',
      async (kind, deed) => {
        if (kind === 'two-subjects') return
        const { token } = await signIn(id)
        const reported = await tell(id, kind)
        expect(reported, JSON.stringify(reported.answer)).toMatchObject({ accepted: true })
        expect(await isSignedIn(token)).toBe(!ENDING.includes(deed))
      },
    )

    const [kind = ''] = Object.entries(kinds).find(([, deed]) => deed === 'disconnects') ?? []

    test.each(['forged', 'unknown_key', 'other_app'])(
      '%s is refused and changes nothing',
      async (variant) => {
        // Slack's and GitHub's secret is of one app, and nothing else in their events says which.
        if (variant === 'other_app' && ['slack', 'github'].includes(id)) return
        const { token } = await signIn(id)
        const reported = await tell(id, kind, { variant })
        expect(reported.accepted).toBe(false)
        expect(reported.answer?.status).toBeGreaterThanOrEqual(400)
        expect(reported.answer?.status).toBeLessThan(500)
        expect(await isSignedIn(token)).toBe(true)
        expect(await tell(id, kind)).toMatchObject({ accepted: true })
        expect(await isSignedIn(token)).toBe(false)
      },
    )

    test('one that is told late is acknowledged and changes nothing', async () => {
      const { token } = await signIn(id)
      // Where nothing says when, it is of now.
      const isTimeless = EVERY_TIME.includes(`${id} ${kind}`)
      expect(await tell(id, kind, { variant: 'late' })).toMatchObject({ accepted: true })
      expect(await isSignedIn(token)).toBe(!isTimeless)
    })

    test('one that comes twice is acted on once', async () => {
      const first = await signIn(id)
      await tell(id, kind)
      expect(await isSignedIn(first.token)).toBe(false)
      const second = await signIn(id)
      // As if it had begun before.
      await age(latchkey, '1 hour')
      expect(await tell(id, kind, { variant: 'replayed' })).toMatchObject({ accepted: true })
      expect(await isSignedIn(second.token)).toBe(!EVERY_TIME.includes(`${id} ${kind}`))
    })

    test('one about a time before the session began ends it not', async () => {
      if (EVERY_TIME.includes(`${id} ${kind}`)) return
      const { token } = await signIn(id)
      expect(await tell(id, kind, { age: 60 })).toMatchObject({ accepted: true })
      expect(await isSignedIn(token)).toBe(true)
    })
  },
)
