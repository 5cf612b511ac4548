import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { login, startLogin } from '../helpers/latchkey.ts'
import { mint, openOwnKeys } from '../helpers/minting.ts'
import { freePort } from '../helpers/server-process.ts'
import { setStage } from '../helpers/stage.ts'
import { type Project, pythonWith, snippet, startProject } from './project.ts'

const PAGE_ORIGIN = 'http://localhost:5173'
const { provider, latchkey } = setStage()
const apis = {
  Fastify: { file: 'api-fastify.js', url: '' },
  Express: { file: 'api-express.js', url: '' },
}
const fastApi = { file: 'api.py', url: '' }
const modules = ['fastapi', 'uvicorn', 'jwt', 'cryptography']
const python = pythonWith(modules)
let project: Project

/** What Python reads before the sample: Debian's PyJWT is older and lacks this name, never the check. */
const OLDER_PYJWT = `
import jwt
if not hasattr(jwt, "PyJWKClientConnectionError"):
    jwt.PyJWKClientConnectionError = type("PyJWKClientConnectionError", (jwt.PyJWKClientError,), {})
`

beforeAll(async () => {
  const files = ['verify.js', fastApi.file, ...Object.values(apis).map(({ file }) => file)]
  const ask = `import { verify } from './verify.js'
const told = await verify(process.argv[2]).then(JSON.stringify, (error) => 'threw ' + error.message)
process.stdout.write(told)`
  project = await startProject({
    ...Object.fromEntries(files.map((file) => [file, snippet('your-api', file)])),
    'ask.js': ask,
    'sitecustomize.py': OLDER_PYJWT,
  })
  for (const api of Object.values(apis)) {
    const port = String(await freePort())
    api.url = `http://localhost:${port}/orders`
    const env = { PORT: port, LATCHKEY_URL: latchkey.url }
    await project.serve(process.execPath, [api.file], env, api.url)
  }
  if (python === undefined) return
  const port = String(await freePort())
  fastApi.url = `http://localhost:${port}/orders`
  const env = { LATCHKEY_URL: latchkey.url, PYTHONPATH: project.path }
  const args = ['-m', 'uvicorn', 'api:app', '--host', 'localhost', '--port', port]
  await project.serve(python, args, env, fastApi.url)
})
afterAll(() => project.remove())

async function call(url: string, authorization?: string) {
  const answer = await fetch(url, { headers: authorization ? { authorization } : {} })
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    body: await answer.json(),
  }
}
const refused = {
  status: 401,
  challenge: 'Bearer error="invalid_token"',
  body: { error: 'invalid_token' },
}

const all = Object.entries({ ...apis, FastAPI: fastApi })

describe.each(all)('the API of docs/your-api.md with %s', (name, api) => {
  beforeEach(({ skip }) => {
    const isMissing = api === fastApi && python === undefined
    skip(
      isMissing,
      `needs Python with these: apt-get install ${modules.map((one) => `python3-${one}`).join(' ')}`,
    )
  })
  const isRefused = (answer: Awaited<ReturnType<typeof call>>) => {
    const { body, ...rest } = refused
    expect(answer).toEqual({ ...rest, body: name === 'FastAPI' ? { detail: body.error } : body })
  }

  test('opens for a valid access token, and for nothing else', async () => {
    const { access_token: token, user } = (await login(latchkey, provider)).json()
    const { sub } = user as { sub: string }
    const got = await call(api.url, `Bearer ${token}`)
    expect(got).toMatchObject({ status: 200, body: { of: sub } })
    const [head, body] = String(token).split('.')
    const signature = Buffer.alloc(64, 1).toString('base64url')
    const ofProvider = await provider.sign({ sub, iss: latchkey.url, aud: latchkey.url })
    for (const wrong of [
      undefined,
      'Bearer',
      'Bearer not-a-token',
      `Basic ${token}`,
      `Bearer ${head}.${body}.${signature}`,
      `Bearer ${ofProvider}`,
    ]) {
      isRefused(await call(api.url, wrong))
    }
    // The same claims, and when they end.
    const [key] = (await openOwnKeys(latchkey)).filter((own) => own.alg === 'ES256')
    if (key === undefined) throw new Error('there is no key')
    const claims = decodeJwt(String(token))
    const seconds = Math.floor(Date.now() / 1000)
    const until = async (exp: number) =>
      call(api.url, `Bearer ${await mint(key, { ...claims, exp })}`)
    expect(await until(seconds + 600)).toEqual(got)
    isRefused(await until(seconds - 1))
  })

  test('may be called by a page of the origin that it names, before and after the preflight', async () => {
    const headers = {
      origin: PAGE_ORIGIN,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    }
    const preflight = await fetch(api.url, { method: 'OPTIONS', headers })
    expect([200, 204]).toContain(preflight.status)
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\bauthorization$/)
    const answer = await fetch(api.url, { headers: { origin: PAGE_ORIGIN } })
    for (const { headers: got } of [preflight, answer]) {
      expect(got.get('access-control-allow-origin')).toBe(PAGE_ORIGIN)
    }
  })
})

/** Asks the FastAPI sample itself, at a clock so many seconds from ours; PyJWT asks `datetime`. */
const AT_CLOCK = `
import datetime, sys
import jwt.api_jwt
class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.now(tz) + datetime.timedelta(seconds=int(sys.argv[2]))
jwt.api_jwt.datetime = Clock
import api
sent = api.HTTPAuthorizationCredentials(scheme="Bearer", credentials=sys.argv[1])
try:
    print(api.signed_in(sent)["sub"], end="")
except api.HTTPException as refused:
    print(refused.status_code, end="")
`

test('the API with FastAPI takes a new token at a clock that is behind, and none of it that has expired', async ({
  skip,
}) => {
  skip(python === undefined, 'needs Python')
  const { access_token: token, user } = (await login(latchkey, provider)).json()
  const at = async (seconds: number) => {
    const args = ['-c', AT_CLOCK, String(token), String(seconds)]
    const env = { LATCHKEY_URL: latchkey.url, PYTHONPATH: project.path, PATH: process.env.PATH }
    return (await promisify(execFile)(python ?? '', args, { env })).stdout
  }
  expect(await at(-30)).toBe((user as { sub: string }).sub)
  expect(await at(600)).toBe('401')
})

test('the APIs do not open for an ID token', async () => {
  const browser = new Browser()
  const { nonce, callback } = await startLogin(latchkey, browser, 'fake', '?scope=openid')
  provider.nonce = nonce ?? ''
  const { access_token: token, id_token: idToken } = (await browser.send(callback())).json()
  expect(idToken).toEqual(expect.any(String))
  expect(await call(apis.Fastify.url, `Bearer ${idToken}`)).toEqual(refused)
  expect(await call(apis.Fastify.url, `Bearer ${token}`)).toMatchObject({ status: 200 })
})

test('while Latchkey is away verify() says so, and does not blame the token', async () => {
  const { access_token: token } = (await login(latchkey, provider)).json()
  const ask = async (base: string) => {
    const options = { cwd: project.path, env: { LATCHKEY_URL: base } }
    const args = ['ask.js', `Bearer ${token}`]
    return (await promisify(execFile)(process.execPath, args, options)).stdout
  }
  expect(await ask(`http://localhost:${await freePort()}`)).toMatch(/^threw /)
  expect(JSON.parse(await ask(latchkey.url))).toMatchObject({ client: 'latchkey' })
})
