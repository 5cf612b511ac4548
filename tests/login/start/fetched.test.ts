import { expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../../helpers/apps.ts'
import { setStage } from '../../helpers/stage.ts'

const { latchkey } = setStage({ settings: APPS })

const linesOf = () =>
  latchkey.logs
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === 'login_fetched')

test.each([
  ['a script of a page', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }, 1],
  [
    'a person who follows a link',
    { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' },
    0,
  ],
  ['a program', { 'sec-fetch-mode': 'cors' }, 0],
])(
  '%s begins a login, and the log says where that cannot end well',
  async (_who, headers, lines) => {
    latchkey.logs.length = 0
    const answer = await fetch(`${latchkey.url}/login/fake${authorizationQuery()}`, {
      redirect: 'manual',
      headers: { ...headers },
    })
    expect(answer.status).toBe(302)
    expect(linesOf()).toHaveLength(lines)
    if (lines === 0) return
    expect(linesOf()[0]).toMatchObject({ level: 'warn', provider: 'fake', client: 'spa' })
    expect(linesOf()[0]?.msg).toContain('location.assign')
  },
)
