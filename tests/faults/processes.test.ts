import { spawnSync } from 'node:child_process'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { createOwnPostgres, type OwnPostgres } from '../helpers/own-postgres.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'

let postgres: OwnPostgres
let provider: FakeProvider
let folder: Awaited<ReturnType<typeof newFolder>>
const running: ServerProcess[] = []

beforeAll(async () => {
  postgres = await createOwnPostgres()
  provider = await new FakeProvider().listen()
  // The ID token says all.
  provider.discovery = ({ userinfo_endpoint: _, ...document }) => document
  folder = await newFolder()
})
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await postgres.remove()
  await provider.close()
  await folder.remove()
})

/** Replicas of one service: they share its URL, its secret and its database, and nothing else. */
async function startReplicas(many: number, env: Record<string, string> = {}) {
  const ports = await Promise.all(Array.from({ length: many }, freePort))
  const replicas = ports.map((port, place) =>
    startServerProcess(
      {
        ...provider.settings(),
        DATA_DIR: join(folder.path, `data-${port}`),
        DATABASE_URL: postgres.url,
        DATABASE_POOL: '3',
        SECRET: 'a secret of the tests with more than 32 characters',
        PUBLIC_URL: `http://localhost:${ports[0]}`,
        RATE_LIMIT: 'off',
        ...(place === 0 ? {} : env),
      },
      { cwd: folder.path, port },
    ),
  )
  running.push(...replicas)
  await Promise.all(replicas.map(({ serving }) => serving))
  return replicas
}

/** A browser at the door of its callback, and the URL that it is about to ask for. */
async function atTheCallback({ url }: ServerProcess, subject: string) {
  const browser = new Browser()
  const { location } = await browser.send(`${url}/login/fake`)
  const nonce = location?.searchParams.get('nonce') ?? ''
  const state = location?.searchParams.get('state') ?? ''
  const idToken = await provider.sign({ ...provider.claims(), nonce, sub: subject })
  return { browser, idToken, callback: `${url}/login/fake/callback?code=${subject}&state=${state}` }
}

/** Answers the code, which names the person, with that person's ID token. */
function answerByCode(idTokens: Map<string, string>, until: Promise<unknown> = Promise.resolve()) {
  provider.answers.token = async (call, response) => {
    await until
    const { code = '' } = call.form
    response.writeHead(200, { 'content-type': 'application/json' })
    const tokens = { access_token: 'a', token_type: 'Bearer', id_token: idTokens.get(code) }
    response.end(JSON.stringify(tokens))
  }
}

describe('a replica', () => {
  test('that is asked to end with fifty callbacks in flight finishes them all', async () => {
    const [server] = (await startReplicas(1)) as [ServerProcess]
    const people = await Promise.all(
      Array.from({ length: 50 }, (_, turn) => atTheCallback(server, `person-${turn}`)),
    )
    const idTokens = new Map(people.map(({ idToken }, turn) => [`person-${turn}`, idToken]))
    let release = () => {}
    answerByCode(idTokens, new Promise<void>((resolve) => (release = resolve)))
    const inFlight = Promise.all(people.map(({ browser, callback }) => browser.send(callback)))
    await expect.poll(() => provider.count('token')).toBe(50)
    server.child.kill('SIGTERM')
    // It takes nobody new any more.
    const late = () =>
      fetch(`${server.url}/healthz`).then(
        ({ status }) => status,
        () => 0,
      )
    await expect.poll(late).not.toBe(200)
    release()
    const answers = await inFlight
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await server.ended).toEqual({ code: 0, signal: null })
  })

  test('that is killed loses nothing that it had answered', async () => {
    const [first, second] = (await startReplicas(2)) as [ServerProcess, ServerProcess]
    const { browser, idToken, callback } = await atTheCallback(first, 'survivor')
    answerByCode(new Map([['survivor', idToken]]))
    const tokens = (await browser.send(callback)).json() as {
      access_token: string
      refresh_token: string
    }
    first.child.kill('SIGKILL')
    await first.ended
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(`${second.url}/me`, { headers })).status).toBe(200)
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      client_id: 'latchkey',
    })
    expect((await fetch(`${second.url}/token`, { method: 'POST', body })).status).toBe(200)
    await second.stop()
  })
})

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'
const hasFaketime = spawnSync('test', ['-e', FAKETIME]).status === 0

describe('a clock that is wrong', () => {
  test('by twenty seconds at one replica: its tokens are taken by the other, and its time limits hold', async ({
    skip,
  }) => {
    skip(!hasFaketime, 'needs libfaketime: apt-get install faketime')
    const [right, late] = (await startReplicas(2, {
      LD_PRELOAD: FAKETIME,
      FAKETIME: '-20s',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    })) as [ServerProcess, ServerProcess]
    for (const [issuer, reader] of [
      [right, late],
      [late, right],
    ] as const) {
      const subject = `clock-${issuer.url.slice(-5)}`
      const { browser, idToken, callback } = await atTheCallback(issuer, subject)
      answerByCode(new Map([[subject, idToken]]))
      const answer = await browser.send(callback)
      expect(answer.status, answer.text).toBe(200)
      const tokens = answer.json() as { access_token: string; refresh_token: string }
      const headers = { authorization: `Bearer ${tokens.access_token}` }
      expect((await fetch(`${reader.url}/me`, { headers })).status).toBe(200)
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
        client_id: 'latchkey',
      })
      const { url } = reader
      expect((await fetch(`${url}/token`, { method: 'POST', body })).status).toBe(200)
    }
    await Promise.all([right.stop(), late.stop()])
  })
})

/** What a process may open from now on; whether that could be said. */
const mayOpen = (pid: number | undefined, files: number) =>
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${files}:1024`]).status === 0

describe('no file descriptor left', () => {
  test('at its first login: that fails, and the next ones go on as if nothing had been', async ({
    skip,
  }) => {
    const before = provider.count('discovery')
    const [server] = (await startReplicas(1)) as [ServerProcess]
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const start = () =>
      new Promise<number | undefined>((resolve, reject) =>
        get(`${server.url}/login/fake`, { agent }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode))
        }).once('error', reject),
      )
    // Whatever is prepared behind the start has come, and the one connection is there.
    await expect.poll(() => provider.count('discovery')).toBeGreaterThan(before)
    await wait(1_000)
    await new Promise((resolve) =>
      get(`${server.url}/healthz`, { agent }, (answer) => answer.resume().once('end', resolve)),
    )
    skip(!mayOpen(server.child.pid, 3), 'needs prlimit')
    expect(await start()).toBe(500)
    expect(mayOpen(server.child.pid, 1024)).toBe(true)
    expect(await start()).toBe(302)
    agent.destroy()
    await server.stop()
  })
})
