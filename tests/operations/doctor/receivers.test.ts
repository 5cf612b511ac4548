import { describe, expect, test } from 'vitest'
import { linesWith, runDoctor } from '../../helpers/doctor.ts'
import { listenForEvents } from '../../helpers/receiver.ts'

const receiver = await listenForEvents()
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const hook = (url: string) => ({ WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET })
const shop = (url: string) => ({
  CLIENTS: 'my-shop',
  CLIENT_MY_SHOP_REDIRECT_URIS: 'https://shop.example/callback',
  CLIENT_MY_SHOP_BACKCHANNEL_LOGOUT_URI: url,
})

describe('of what webhooks and logouts are posted to', () => {
  test('the doctor says nothing where there is none, or where nobody is to be asked', async () => {
    expect((await runDoctor({})).text).not.toContain('Webhooks and logouts')
    receiver.requests.length = 0
    const report = await runDoctor({ ...hook(receiver.url) }, { offline: true })
    expect(report.text).not.toContain('Webhooks and logouts')
    expect(receiver.requests).toEqual([])
  })

  test('it says that each answers an empty message, which tells it nothing', async () => {
    receiver.answersAt.set('/hook', { status: 401, headers: {} })
    receiver.answersAt.set('/logout', { status: 400, headers: {} })
    receiver.requests.length = 0
    const report = await runDoctor({
      ...hook(`${receiver.url}/hook`),
      ...shop(`${receiver.url}/logout`),
    })
    expect(linesWith(report, 'can be reached; it answers')).toEqual([
      '  ✓ WEBHOOK_URL can be reached; it answers 401 to an empty message.',
      '  ✓ CLIENT_MY_SHOP_BACKCHANNEL_LOGOUT_URI can be reached; it answers 400 to an empty message.',
    ])
    expect(report.exitCode).toBe(0)
    expect(
      receiver.requests
        .map(({ path, headers, body }) => [path, headers['content-type'], body])
        .sort(),
    ).toEqual([
      ['/hook', 'application/json', ''],
      ['/logout', 'application/x-www-form-urlencoded', ''],
    ])
  })

  test.each([
    [302, '✗', 'redirects (302)', 1],
    [404, '!', 'answers 404', 0],
    [500, '!', 'answers 500', 0],
    [410, '✗', 'the first webhook stops all', 1],
  ])('an answer of %i is told as what it means', async (status, mark, words, exitCode) => {
    receiver.answersAt.set('/hook', { status, headers: { location: '/elsewhere' } })
    const report = await runDoctor(hook(`${receiver.url}/hook`))
    expect(linesWith(report, words)).toEqual([expect.stringContaining(`  ${mark} WEBHOOK_URL`)])
    expect(report.exitCode).toBe(exitCode)
  })

  test('a receiver that is away, or that may not be posted to, is a warning with what to do', async () => {
    const away = await runDoctor(hook('http://127.0.0.1:1/hook'))
    expect(linesWith(away, 'WEBHOOK_URL cannot be reached from here (ECONNREFUSED)')).toHaveLength(
      1,
    )
    const plain = await runDoctor(shop('http://169.254.1.1/logout'), { language: 'ko' })
    expect(
      linesWith(plain, 'BACKCHANNEL_LOGOUT_URI에 연결할 수 없습니다(ADDRESS_REFUSED)'),
    ).toEqual([expect.stringMatching(/^ {2}!/)])
    expect(plain.text).toContain('링크 로컬')
    expect([away.exitCode, plain.exitCode]).toEqual([0, 0])
  })
})
