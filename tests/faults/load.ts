import { setTimeout as wait } from 'node:timers/promises'
import { Browser } from '../helpers/browser.ts'

/** What a client may be told while the database is away or slow. */
const LATER = 503
/** An answer must be there by then: the database's limit, its cancel, and a busy machine. */
const SLOWEST_MS = 15_000

interface Tokens {
  sub: string
  access: string
  refresh: string
}

/** People who sign in, read and export their account, refresh and leave with short pauses, and check each answer. */
export interface Load {
  /** What was wrong so far, one sentence each. */
  readonly wrong: string[]
  /** Answers by what was asked and their status. */
  readonly counts: Map<string, number>
  /** Whether anybody was told to come again later. */
  isFelt(): boolean
  /** Waits until each person has had a few good answers; false where that takes too long. */
  warmsUp(): Promise<boolean>
  /** Waits until each person has had this many more good answers; false where that takes too long. */
  heals(withinMs: number): Promise<boolean>
  /** Ends all people, and looks whether the last tokens of each still work. */
  end(): Promise<void>
}

/**
 * Starts people, each with an identity of an own, spread over the replicas at `urls`. Without longer pauses
 * they take all that the machine has from the tests beside them.
 */
export function startLoad(
  urls: readonly string[],
  identities: readonly string[],
  { longestPauseMs = 80 } = {},
): Load {
  const wrong: string[] = []
  const counts = new Map<string, number>()
  const good = identities.map(() => 0)
  let isOver = false
  const say = (what: string) => {
    if (wrong.length < 50) wrong.push(what)
  }

  async function person(place: number, identity: string): Promise<void> {
    const url = () => urls[Math.floor(Math.random() * urls.length)] as string
    const [provider, persona] = identity.split('/') as [string, string]
    let known: string | null = null
    const gone = new Set<string>()

    const ask = async (name: string, send: () => Promise<Response | BrowserAnswer>) => {
      const startedAt = performance.now()
      try {
        const answer = await send()
        const tookMs = performance.now() - startedAt
        count(counts, `${name} ${answer.status}`)
        if (tookMs > SLOWEST_MS) say(`${name} was answered after ${Math.round(tookMs)} ms`)
        const body = typeof answer.text === 'string' ? answer.text : await answer.text()
        return { status: answer.status, body }
      } catch (error) {
        count(counts, `${name} ${(error as Error).name}`)
        // A replica that is not there; a load balancer would have tried another one.
        return { status: 0, body: '' }
      }
    }

    const signIn = async (): Promise<Tokens | null> => {
      const answer = await ask('login', () =>
        new Browser().follow(`${url()}/login/${provider}?login_hint=${persona}`),
      )
      if (answer.status !== 200) {
        // A 503, or the grant of whoever left is revoked at the provider only now, the new one with it.
        const isRevoked = answer.status === 502 && gone.size > 0
        if (![0, LATER].includes(answer.status) && !isRevoked)
          say(`a login got ${answer.status} ${answer.body}`)
        return null
      }
      const { user, access_token, refresh_token } = JSON.parse(answer.body)
      if (known !== null && user.sub !== known) say(`${identity} signed in as somebody else`)
      if (gone.has(user.sub)) say(`${identity} had left, and is there again`)
      known = user.sub
      return { sub: user.sub, access: access_token, refresh: refresh_token }
    }
    const read = async (tokens: Tokens, path: '/me' | '/me/export') => {
      const headers = { authorization: `Bearer ${tokens.access}` }
      const answer = await ask(path, () => fetch(`${url()}${path}`, { headers }))
      if ([0, LATER, 429].includes(answer.status)) return false
      if (answer.status !== 200) {
        say(`${path} of a living session got ${answer.status} ${answer.body}`)
        return false
      }
      if (!answer.body.includes(tokens.sub)) say(`${path} of ${tokens.sub} was ${answer.body}`)
      return true
    }
    const refresh = async (tokens: Tokens): Promise<boolean> => {
      const body = new URLSearchParams({
        ...{ grant_type: 'refresh_token', refresh_token: tokens.refresh, client_id: 'latchkey' },
      })
      const answer = await ask('refresh', () => fetch(`${url()}/token`, { method: 'POST', body }))
      if (answer.status === 200) {
        const { access_token, refresh_token } = JSON.parse(answer.body)
        const { sub } = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString())
        if (sub !== tokens.sub) say(`a refresh of ${tokens.sub} gave tokens of ${sub}`)
        Object.assign(tokens, { access: access_token, refresh: refresh_token })
        return true
      }
      if (![0, LATER].includes(answer.status)) {
        say(`a refresh of a living session got ${answer.status} ${answer.body}`)
      }
      return false
    }

    /** Whether the account is gone; where nobody can know it, the next sign-in tells. */
    const leave = async (tokens: Tokens): Promise<boolean> => {
      const headers = { authorization: `Bearer ${tokens.access}` }
      const left = await ask('leave', () => fetch(`${url()}/me`, { method: 'DELETE', headers }))
      if (left.status === 204) gone.add(tokens.sub)
      else if (![0, LATER].includes(left.status)) {
        say(`leaving with a living session got ${left.status} ${left.body}`)
      }
      const after = await ask('/me afterwards', () => fetch(`${url()}/me`, { headers }))
      if (left.status === 204 && after.status === 200) say(`${tokens.sub} has left and is there`)
      // It was there after all, so it stays.
      return left.status === 204 || after.status !== 200
    }

    let tokens: Tokens | null = null
    while (!isOver) {
      if (tokens === null || Math.random() < 0.2) {
        const fresh = await signIn()
        if (fresh !== null) {
          // The session before still counts: nothing that was answered is lost.
          if (tokens !== null) await read(tokens, '/me')
          tokens = fresh
          good[place] = (good[place] ?? 0) + 1
        }
      } else if (Math.random() < 0.3) {
        if (await refresh(tokens)) good[place] = (good[place] ?? 0) + 1
      } else if (Math.random() < 0.04) {
        if (await leave(tokens)) [tokens, known] = [null, null]
      } else if (await read(tokens, Math.random() < 0.15 ? '/me/export' : '/me')) {
        good[place] = (good[place] ?? 0) + 1
      }
      await wait(Math.random() * longestPauseMs)
    }
    for (let tries = 0; tokens !== null && tries < 40; tries++) {
      if ((await refresh(tokens)) && (await read(tokens, '/me'))) return
      await wait(250)
    }
    if (tokens !== null) say(`the last tokens of ${identity} do not work`)
  }

  const people = identities.map((identity, place) => person(place, identity))
  return {
    wrong,
    counts,
    isFelt: () => [...counts.keys()].some((answer) => answer.endsWith(` ${LATER}`)),
    async warmsUp() {
      const isWarm = await this.heals(60_000)
      // Nothing was harmed yet: what was late had to make its keys, on a busy machine.
      wrong.length = 0
      return isWarm
    },
    async heals(withinMs) {
      const before = [...good]
      const end = performance.now() + withinMs
      while (performance.now() < end) {
        if (good.every((answers, place) => answers >= (before[place] ?? 0) + 3)) return true
        await wait(50)
      }
      return false
    },
    async end() {
      isOver = true
      await Promise.all(people)
    },
  }
}

type BrowserAnswer = { status: number; text: string }

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Providers of the emulator, each with a persona of an own: as many different people. */
export const PEOPLE = [
  ...['kakao/minji', 'naver/minji', 'google/minji', 'github/minji', 'line/minji', 'discord/minji'],
  ...['gitlab/minji', 'spotify/minji', 'twitch/minji', 'kakao/sora', 'naver/alex', 'x/sora'],
]
