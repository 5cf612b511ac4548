import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { runRegistration } from '../../src/commands/admin/registrations.ts'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { readSettings } from '../../src/settings/index.ts'
import { linesWith, runDoctor } from '../helpers/doctor.ts'
import { TEST_SECRET } from '../helpers/latchkey.ts'

/** Of a server that confirms a subscription when it is asked to, whenever that is. */
let PUBLIC_URL: string

/** Runs the command with these settings, as `latchkey admin` does. */
const run = (env: Record<string, string>, command: string, ...words: string[]) => {
  const settings = readSettings({ SECRET: TEST_SECRET, PUBLIC_URL, ...env })
  const flags = { now: false, json: true, follow: false, 'dry-run': false }
  return runRegistration(command, { settings, words, flags } as never)
}

let emulator: Emulator
const aimed: Record<string, Record<string, string>> = {}
beforeAll(async () => {
  const confirming = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    // Twitch asks for its challenge; Google posts a JWT.
    const challenge = body.startsWith('{') ? JSON.parse(body).challenge : ''
    response.setHeader('content-type', 'text/plain').end(challenge)
  })
  await new Promise<void>((resolve) => confirming.listen(0, '127.0.0.1', resolve))
  PUBLIC_URL = `http://localhost:${(confirming.address() as AddressInfo).port}`
  emulator = await startEmulator({
    providers: ['google', 'twitch'],
    redirectUris: (id) => `${PUBLIC_URL}/login/${id}/callback`,
  })
  for (const [id, settings] of Object.entries(emulator.settings)) {
    const names = Object.entries(settings).filter(([, value]) => value !== undefined)
    aimed[id] = Object.fromEntries(
      names.map(([name, value]) => [`${id.toUpperCase()}_${name}`, String(value)]),
    )
  }
  const answer = await fetch(`${emulator.origin}/google/emulator/service-account`)
  const file = join(mkdtempSync(join(tmpdir(), 'risc-')), 'key.json')
  writeFileSync(file, await answer.text())
  Object.assign(aimed.google ?? {}, { GOOGLE_RISC_SERVICE_ACCOUNT: file })
  return async () => {
    await emulator.close()
    confirming.close()
  }
})

describe.each([
  ['google', 'google-risc'],
  ['twitch', 'twitch-eventsub'],
])('the events of %s', (id, command) => {
  test('are not registered, then registered, and the doctor says each, asked only when it may ask', async () => {
    const address = `${PUBLIC_URL}/providers/${id}/events`
    const env = { PUBLIC_URL, SECRET: TEST_SECRET, ...aimed[id] }
    const said = async (offline = false) =>
      linesWith(await runDoctor(env, { offline }), 'The provider’s notifications')
    await expect(run(env, command, 'status')).rejects.toThrow('Nothing is registered.')
    expect(await said()).toEqual([expect.stringContaining('are not registered yet')])
    expect(await said(true)).toEqual([])
    expect(await run(env, command, 'register')).toMatchObject({ rows: [{ address }] })
    expect(await run(env, command, 'register')).toMatchObject({ rows: [{ address }] })
    expect(await run(env, command, 'status')).toMatchObject({ rows: [{ address }] })
    expect(await said()).toEqual([expect.stringContaining(`notifications go to ${address}`)])
    // The control: another address of ours, to which nothing is sent.
    const elsewhere = { ...env, PUBLIC_URL: 'http://localhost:2' }
    await expect(run(elsewhere, command, 'status')).rejects.toThrow(`are sent to ${address}`)
  })

  test('need no registration where the provider is emulated, and are not there where it is off', async () => {
    await expect(run({ EMULATE: id }, command, 'register')).rejects.toThrow(
      'played by the emulator',
    )
    await expect(run({ EMULATE: '' }, command, 'register')).rejects.toThrow('not enabled')
  })
})

test('Google’s way is tried by an event, and Twitch has no such call', async () => {
  await run({ ...aimed.google }, 'google-risc', 'register')
  expect(await run({ ...aimed.google }, 'google-risc', 'verify')).toMatchObject({
    line: expect.stringContaining('"told":"verification"'),
  })
  await expect(run({ ...aimed.twitch }, 'twitch-eventsub', 'verify')).rejects.toThrow('no command')
})

test('a setting that is missing is named, and a key file that cannot be read is not shown', async () => {
  const { GOOGLE_RISC_SERVICE_ACCOUNT: file = '', ...rest } = aimed.google ?? {}
  await expect(run(rest, 'google-risc', 'status')).rejects.toThrow(
    'GOOGLE_RISC_SERVICE_ACCOUNT is missing.',
  )
  const broken = `${file}.pem`
  writeFileSync(broken, '-----BEGIN PRIVATE KEY----- canary')
  const failed = run({ ...rest, GOOGLE_RISC_SERVICE_ACCOUNT: broken }, 'google-risc', 'status')
  await expect(failed).rejects.toThrow(/^Google does not do it: the key file/)
  await expect(failed).rejects.not.toThrow('canary')
})

test('a stream that the provider has stopped, and a refusal, are wrong', async () => {
  const body = { error: { code: 403, message: 'RISC API has not been used in project 1 before.' } }
  let answer: { status: number; body: unknown } = { status: 403, body }
  const server = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1beta/stream`
  const env = { ...aimed.google, GOOGLE_RISC_STREAM_ENDPOINT: url }
  await expect(run(env, 'google-risc', 'status')).rejects.toThrow(
    'HTTP 403 (RISC API has not been used in project 1 before.)',
  )
  const delivery = { url: `${PUBLIC_URL}/providers/google/events` }
  answer = { status: 200, body: { status: 'disabled', delivery } }
  await expect(run(env, 'google-risc', 'status')).rejects.toThrow('stopped sending: disabled')
  answer = { status: 200, body: { status: 'enabled', delivery } }
  expect(await run(env, 'google-risc', 'status')).toMatchObject({ rows: [{ state: 'enabled' }] })
})
