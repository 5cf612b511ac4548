import { afterAll, beforeAll, beforeEach } from 'vitest'
import { APPS, type Parameters as Asked, authorizationQuery, SPA, VERIFIER } from './apps.ts'
import { type Answer, Browser } from './browser.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { FakeProvider } from './fake-provider.ts'
import { type Latchkey, startLatchkey, startLogin } from './latchkey.ts'

/** Two providers, `fake` and `second`, and two replicas over one database. */
export interface LinkStage {
  provider: FakeProvider
  second: FakeProvider
  latchkey: Latchkey
  replica: Latchkey
  testDatabase: TestDatabase
  publicUrl: string
  /** The number of the test: its person has the same subject at both providers. */
  turn: number
}

/** Sets such a stage up, with a fresh person for each test, and takes it down. */
export function setLinkStage(
  publicUrl: string,
  person: (turn: number) => Record<string, unknown>,
  settings: Record<string, string> = {},
): LinkStage {
  const [provider, second] = [new FakeProvider(), new FakeProvider()]
  const stage = { provider, second, publicUrl, turn: 0 } as LinkStage
  beforeAll(async () => {
    await Promise.all([provider.listen(), second.listen()])
    stage.testDatabase = await createTestDatabase()
    const env = { ...provider.settings(), ...second.settings('second'), ...APPS }
    const start = () => startLatchkey({ ...env, OIDC_PROVIDERS: 'fake,second', ...settings }, stage)
    stage.latchkey = await start()
    stage.replica = await start()
    return async () => {
      await stage.latchkey.close()
      await stage.replica.close()
      await stage.testDatabase.drop()
    }
  })
  beforeEach(() => {
    stage.turn += 1
    for (const one of [provider, second]) {
      one.reset()
      one.subject = `person-${stage.turn}`
      one.person = person(stage.turn)
    }
  })
  afterAll(() => Promise.all([provider.close(), second.close()]))
  return stage
}

/** One flow with `intent=link` at a provider, up to the answer that the client gets. */
export async function proveIdentity(
  latchkey: Latchkey,
  provider: FakeProvider,
  id: string,
  parameters: Asked = {},
  browser = new Browser(),
): Promise<Answer> {
  const query = authorizationQuery({ intent: 'link', ...parameters })
  const started = await startLogin(latchkey, browser, id, query)
  provider.nonce = started.nonce ?? ''
  return browser.send(started.callback())
}

/** The code of such a flow. */
export async function getLinkCode(...flow: Parameters<typeof proveIdentity>): Promise<string> {
  const answer = await proveIdentity(...flow)
  const code = answer.location?.searchParams.get('code')
  if (!code) throw new Error(`no code: ${answer.status} ${answer.location} ${answer.text}`)
  return code
}

/** Posts to `/me/identities` as an app with this access token does. */
export const postIdentity = (
  { url }: { url: string },
  token: string,
  body: Readonly<Record<string, string | null>>,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const given = Object.entries(body).filter(([, value]) => value !== null)
  return new Browser().send(`${url}/me/identities`, {
    method: 'POST',
    body: JSON.stringify(Object.fromEntries(given)),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
    },
  })
}

/** The same with a code as the SPA shows it. */
export const linkByCode = (
  at: { url: string },
  token: string,
  code: string,
  changes: Readonly<Record<string, string | null>> = {},
): Promise<Answer> =>
  postIdentity(at, token, {
    ...{ code, redirect_uri: SPA.redirect_uri, code_verifier: VERIFIER },
    ...changes,
  })
