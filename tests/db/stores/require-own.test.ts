import { v7 as uuidv7 } from 'uuid'
import { beforeAll, describe, expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import type { NewSession } from '../../../src/core/identity/sign-ins.ts'
import type { StoredProviderTokens } from '../../../src/core/provider/provider-token-stores.ts'
import { hashToken, randomToken } from '../../../src/core/secrets.ts'
import type { RunStatement } from '../../../src/db/client.ts'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { createStores, type Stores } from '../../../src/db/stores/index.ts'
import { createTestDatabase } from '../../helpers/database.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession } from '../../helpers/stores.ts'

// 11.3 Should a driver ever give the rows of one question to another: the stores give them to nobody.

interface Person {
  userId: string
  sessionId: string
  subject: string
  token: Buffer
  code: Buffer
  /** Of a link that waits to be made. */
  linkCode: Buffer
  otherSessionId: string
  /** A user beside them, for what is done to one. */
  done: string
  grant: StoredProviderTokens
}

const LINKING = {
  ...{ clientId: 'spa', redirectUri: 'https://app.example.com/cb' },
  codeChallenge: 'challenge',
}

/** What was answered to each statement, by its text, while it is recorded; given to all, while it is played. */
const tape = new Map<string, unknown[][]>()
let mode: 'straight' | 'record' | 'play' = 'straight'

let stores: Stores
/** How often the connections were dropped. */
let distrusted = 0
let [alice, bob] = [{} as Person, {} as Person]

const taped =
  (run: RunStatement): RunStatement =>
  async (text, ...rest) => {
    if (mode === 'play') {
      const rows = tape.get(text)?.shift()
      if (rows !== undefined) return rows as never
    }
    const rows = await run(text, ...rest)
    if (mode === 'record') tape.set(text, [...(tape.get(text) ?? []), rows])
    return rows as never
  }

const session = (code: Buffer | null = null): NewSession =>
  newSession({
    cookieMode: true,
    ...(code !== null && {
      refreshToken: null,
      code: {
        ...{ hash: code, nonce: null, ttlSeconds: 60 },
        ...{ redirectUri: 'https://app.example.com/cb', codeChallenge: null },
      },
    }),
  })

const keyOf = (subject: string, provider = 'google') => ({
  ...{ provider, issuer: 'https://provider.example', subject },
})

async function arrive(subject: string): Promise<Person> {
  const profile = toProfile({ subject, name: subject })
  const [first, withCode] = [session(), session(hashToken(randomToken()))]
  const sealed = { access: `sealed ${subject}`, refreshToken: null }
  const { account } = await stores.signIns.signIn(keyOf(subject), profile, first, sealed)
  await stores.signIns.signIn(keyOf(subject), profile, withCode)
  await stores.identities.link(
    { userId: account.sub, sessionId: first.id },
    { key: keyOf(`${subject} elsewhere`, 'kakao'), profile, tokens: null },
    null,
  )
  const beside = await stores.signIns.signIn(keyOf(`${subject} beside`), profile, session())
  const linkCode = hashToken(randomToken())
  await stores.linkCodes.keep(
    { key: keyOf(`${subject} to link`, 'github'), profile: toProfile({ subject }), tokens: null },
    { ...LINKING, hash: linkCode, ttlSeconds: 60 },
  )
  return {
    ...{ userId: account.sub, sessionId: first.id, subject, linkCode },
    otherSessionId: withCode.id,
    done: beside.account.sub,
    grant: { ...keyOf(subject), sealed },
    token: first.refreshToken?.hash ?? Buffer.alloc(0),
    code: withCode.code?.hash ?? Buffer.alloc(0),
  }
}

beforeAll(async () => {
  const testDatabase = await createTestDatabase()
  const database = openDatabase(testDatabase.connection, { connections: 4, prepare: true })
  const mixed: Database = {
    ...database,
    query: taped(database.query),
    transaction: (work, ...rest) => database.transaction((run) => work(taped(run)), ...rest),
    distrust() {
      distrusted++
      database.distrust()
    },
  }
  stores = createStores(mixed, RULES)
  alice = await arrive('alice')
  bob = await arrive('bob')
  return async () => {
    await database.close()
    await testDatabase.drop()
  }
})

const taking = { revocable: [], reauthSeconds: null }
const read = async (pieces: AsyncIterable<string> | null) => {
  let text = ''
  for await (const piece of pieces ?? []) text += piece
  return text
}

/** Hashes of refresh tokens to come. */
const derived = () => ({ hashes: [hashToken(randomToken())], ttlSeconds: 3600 })
const asker = { requestId: 'request', address: null, userAgent: null }
const tell = (subject: string, id: string | null) =>
  stores.receivedEvents.act({
    ...{ provider: 'kakao', id, at: 1, deletesUsers: false, asker },
    events: [{ kind: 'sessions_revoked', subject: `${subject} elsewhere`, told: 'revoked' }],
  })

/** What a store is asked for a person; in this order, since the last ones take something away. */
const questions: Record<string, (person: Person) => Promise<unknown>> = {
  'the account': (person) => stores.accounts.findBySession(person),
  'an edit': (person) => stores.accounts.edit(person, { locale: 'en' }),
  'the export': async (person) => read(await stores.accounts.exportBySession(person)),
  'the sessions': (person) => stores.sessions.list(person),
  'whether a session is alive': (person) => stores.sessions.isAlive(person),
  'whether a session runs': (person) => stores.sessions.isRunning(person),
  'whether a session is in cookies': (person) => stores.sessions.isInCookies(person),
  'the standing': (person) => stores.sessions.standing(person, null),
  'the roles': (person) => stores.sessions.rolesOf(person),
  'a provider’s token': (person) => stores.providerTokens.find(person, 'google'),
  'a sign-in': ({ subject }) =>
    stores.signIns.signIn(keyOf(subject), toProfile({ subject }), session()),
  'whose an identity is': ({ subject, userId }) =>
    stores.signIns.isOf(keyOf(subject), subject, userId),
  'a link': (person) =>
    stores.identities.link(
      person,
      {
        key: keyOf(`${person.subject} elsewhere`, 'kakao'),
        profile: toProfile({ subject: `${person.subject} elsewhere` }),
        tokens: null,
      },
      null,
    ),
  'a code that links': ({ linkCode: hash, userId }) =>
    stores.linkCodes.take({ ...LINKING, hash }, userId),
  'a flow that is finished': ({ subject }) => stores.usedFlows.finish(`flow of ${subject}`, 60),
  'what became of a flow': ({ subject, sessionId, linkCode }) =>
    stores.usedFlows.find(`flow of ${subject}`, { sessionId, linkCode }),
  'a lease of a grant': ({ grant }) => stores.providerTokens.lease(grant, 0),
  'an operator’s look': ({ userId }) => stores.adminUsers.show(userId),
  'an operator’s change': ({ userId }) =>
    stores.adminUsers.change(userId, { roles: ['one'] }, asker),
  'what a provider tells': ({ subject }) => tell(subject, `event of ${subject}`),
  'whom a provider tells of': ({ subject }) => tell(subject, null),
  'a code': ({ code }) =>
    stores.tokens.redeemCode(
      {
        hash: code,
        clientId: 'spa',
        redirectUri: 'https://app.example.com/cb',
        codeChallenge: null,
        asker: null,
      },
      { ...derived(), sessionTtlSeconds: 3600, sessionsPerUser: 100 },
    ),
  'a refresh': (person) =>
    stores.tokens.rotate(
      {
        hash: person.token,
        sessionId: person.sessionId,
        clientId: 'spa',
        fromCookie: true,
        scopes: [],
        resources: [],
        asker: null,
      },
      derived(),
    ),
  'a sign-out': ({ userId, otherSessionId: sessionId }) =>
    stores.sessions.end({ userId, sessionId }, 'signed_out'),
  'the end of all other sessions': async (person) =>
    (await stores.sessions.endByUser(person, 'others')) !== null,
  'the end of a session': async (person) =>
    (await stores.sessions.endByUser(person, { id: uuidv7() })) === 0,
  'the end of all sessions by an operator': async ({ done }) =>
    (await stores.adminUsers.endSessions(done, asker)) !== null,
  'a deletion by an operator': ({ done }) => stores.adminUsers.remove(done, [], asker),
  'an unlinking': (person) => stores.identities.unlink(person, 'kakao', taking),
  'a deletion': (person) => stores.accounts.remove(person, taking),
}

describe('the answer to another’s question is given to nobody', () => {
  test.each(Object.keys(questions))('%s', async (name) => {
    const ask = questions[name] as (person: Person) => Promise<unknown>
    tape.clear()
    mode = 'record'
    const before = distrusted
    const of = await ask(bob)
    // Control: the same tape is good for whom it was recorded.
    expect(of).toBeTruthy()
    mode = 'play'
    await expect(ask(alice)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      evidence: { reason: 'mixed_up' },
    })
    mode = 'straight'
    expect(distrusted).toBe(before + 1)
    if (!name.startsWith('a deletion')) expect(await ask(alice)).toBeTruthy()
  })
})
