import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { createOwnPostgres, type OwnPostgres } from '../helpers/own-postgres.ts'
import { type Replicas, startReplicas } from './replicas.ts'
import { SCENES } from './scenes.ts'

// Real processes, a real PostgreSQL, and people who hardly pause. Whatever happens to the database: only
// stated statuses in bounded time, nobody gets another's answer, nothing that was answered is lost, the
// processes live, and all heals by itself.

let postgres: OwnPostgres
let replicas: Replicas

beforeAll(async () => {
  postgres = await createOwnPostgres()
  replicas = await startReplicas(postgres)
})
afterAll(async () => {
  await replicas.stop()
  await postgres.remove()
})

describe('while people sign in, read and refresh', () => {
  test.each(SCENES.map((scene) => [scene.name, scene] as const))(
    '%s',
    async (_, scene) => {
      const loads = replicas.startLoads()
      // Whatever fails here: the same people come in the next test.
      onTestFinished(async () => {
        await Promise.all(loads.map((load) => load.end()))
      })
      const healed = () => Promise.all(loads.map((load) => load.heals(40_000)))
      expect(await Promise.all(loads.map((load) => load.warmsUp()))).toEqual([true, true])
      // What nobody felt would show nothing: a fault may be over between two questions.
      const isFelt = () => loads.some((load) => load.isFelt())
      for (let turn = 0; turn < 5 && !isFelt(); turn++) await scene.play(postgres)
      expect(isFelt()).toBe(true)
      expect(await healed()).toEqual([true, true])
      await Promise.all(loads.map((load) => load.end()))
      const why = replicas.processes.flatMap(
        ({ stdout }) => stdout().match(/^.*(server_error|"level":[56]0).*$/gm) ?? [],
      )
      expect(
        loads.flatMap(({ wrong }) => wrong),
        why.slice(-3).join('\n'),
      ).toEqual([])
      for (const { child } of replicas.processes) expect(child.exitCode).toBeNull()
    },
    150_000,
  )
})

test('what is answered 503 is not done later, when a server that stood still goes on', async () => {
  const url = replicas.processes[0]?.url ?? ''
  const { user, access_token, refresh_token } = (
    await new Browser().follow(`${url}/login/kakao?login_hint=yuki`)
  ).json() as { user: { sub: string }; access_token: string; refresh_token: string }
  const body = new URLSearchParams({
    ...{ grant_type: 'refresh_token', refresh_token, client_id: 'latchkey' },
  })
  const rotated = () =>
    postgres.asSuperuser<{ generation: number }>(
      `select max(generation)::int as generation from latchkey.refresh_tokens r
       join latchkey.sessions s on s.id = r.session_id where s.user_id = '${user.sub}'`,
      'latchkey',
    )
  // Connections are there, and their statements known.
  await fetch(`${url}/me`, { headers: { authorization: `Bearer ${access_token}` } })
  const before = await rotated()
  await postgres.freeze(true)
  try {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fetch(`${url}/token`, { method: 'POST', body })),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
  } finally {
    await postgres.freeze(false)
  }
  await wait(1_500)
  expect(await rotated()).toEqual(before)
  await expect
    .poll(() => fetch(`${url}/token`, { method: 'POST', body }).then(({ status }) => status), {
      timeout: 10_000,
    })
    .toBe(200)
  expect(await rotated()).not.toEqual(before)
})
