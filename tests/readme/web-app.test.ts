import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { freePort } from '../helpers/server-process.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { type Project, pythonWith, snippet, startProject } from './project.ts'

const SECRET = 'a secret of the client web with more than 16 characters'

interface Sample {
  name: string
  files: string[]
  /** Modules of Python; where one is missing the test is skipped. */
  packages?: string[]
  run: (port: string) => [program: string, ...args: string[]]
  /** What a project of that framework has beside them. */
  around?: Record<string, string>
}

/** As `django-admin startproject` has it, as far as the sample needs it. */
const DJANGO_SETTINGS = `
import os
SECRET_KEY = os.environ["SESSION_SECRET"]
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "web_django"
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
SESSION_ENGINE = "django.contrib.sessions.backends.file"
SESSION_FILE_PATH = os.path.dirname(__file__)
`

const node =
  (file: string): Sample['run'] =>
  () => [process.execPath, file]
const samples: Sample[] = [
  { name: 'Express', files: ['latchkey.js', 'web-express.js'], run: node('web-express.js') },
  { name: 'Fastify', files: ['latchkey.js', 'web-fastify.js'], run: node('web-fastify.js') },
  {
    name: 'FastAPI',
    files: ['web_fastapi.py'],
    packages: ['authlib', 'fastapi', 'uvicorn', 'httpx', 'itsdangerous'],
    run: (port) => ['-m', 'uvicorn', 'web_fastapi:app', '--host', 'localhost', '--port', port],
  },
  {
    name: 'Flask',
    files: ['web_flask.py'],
    packages: ['authlib', 'flask', 'requests'],
    run: (port) => ['-m', 'flask', '--app', 'web_flask', 'run', '--host', 'localhost', '-p', port],
  },
  {
    name: 'Django',
    files: ['web_django.py'],
    packages: ['authlib', 'django', 'requests'],
    run: (port) => ['-m', 'django', 'runserver', '--noreload', `localhost:${port}`],
    around: { 'settings.py': DJANGO_SETTINGS },
  },
]
const ports = new Map<string, number>()
const hearingPort = await freePort()
for (const { name } of samples) ports.set(name, await freePort())
const places = (path: string) =>
  [...ports.values(), hearingPort].map((port) => `http://localhost:${port}${path}`)

const latchkey = useLatchkey({
  EMULATE: 'kakao',
  CLIENTS: 'web',
  CLIENT_WEB_SECRET: SECRET,
  CLIENT_WEB_REDIRECT_URIS: places('/callback').join(),
  CLIENT_WEB_POST_LOGOUT_REDIRECT_URIS: places('/').join(),
  CLIENT_WEB_BACKCHANNEL_LOGOUT_URI: `http://localhost:${hearingPort}/ended`,
})

async function livingSessions(userId: string) {
  const rows = await latchkey.database.query(
    'select id from latchkey.sessions where user_id = $1 and ended_at is null',
    [userId],
  )
  return rows.length
}

const environment = (port: string) => ({
  LATCHKEY_URL: latchkey.url,
  LATCHKEY_SECRET: SECRET,
  SESSION_SECRET: 'a secret of the app with more than 32 characters',
  ...{ APP_URL: `http://localhost:${port}`, PORT: port, DJANGO_SETTINGS_MODULE: 'settings' },
})

/** From the app to the provider's answer, as this person or with this failure, and back. */
async function signInAt(app: string, browser: Browser, hint: string) {
  const { location } = await browser.send(`${app}/login`)
  location?.searchParams.set('provider', 'kakao')
  location?.searchParams.set('login_hint', hint)
  return browser.follow(location ?? '')
}

describe.each(samples)('the web app of docs/web-app.md with $name', (sample) => {
  const { packages } = sample
  const python = packages && pythonWith(packages)
  const isMissing = packages !== undefined && python === undefined
  const debian = packages?.map((name) => `python3-${name}`).join(' ')
  const port = String(ports.get(sample.name))
  const app = `http://localhost:${port}`
  let project: Project | undefined

  beforeAll(async () => {
    if (isMissing) return
    const files = sample.files.map((file) => [file, snippet('web-app', file)])
    project = await startProject({ ...sample.around, ...Object.fromEntries(files) })
    const [program, ...args] = packages ? [python ?? '', ...sample.run(port)] : sample.run(port)
    await project.serve(program ?? '', args, environment(port), app)
  })
  afterAll(() => project?.remove())

  const signIn = (browser: Browser, hint: string) => signInAt(app, browser, hint)

  test('signs in by its own session, takes a No, and signs out here and there', async ({
    skip,
  }) => {
    skip(isMissing, `needs Python with these: apt-get install ${debian}`)
    const browser = new Browser()
    const home = async () => (await browser.send(`${app}/`)).text.trim()
    expect(await home()).toBe('null')
    expect(await signIn(browser, '!denied')).toMatchObject({ status: 200 })
    expect(await home()).toBe('null')

    const back = await signIn(browser, 'minji')
    expect(back.status, back.text).toBe(200)
    const user = JSON.parse(await home())
    expect(user).toMatchObject({ name: '김민지', email: expect.stringContaining('@') })
    expect(await livingSessions(user.sub)).toBe(1)

    const end = await browser.follow(`${app}/logout`)
    expect(end.status, end.text).toBe(200)
    expect(await home()).toBe('null')
    expect(await livingSessions(user.sub)).toBe(0)
  })

  /** Where a login of somebody else would come back, begun by their own hand and not by the app. */
  async function linkOfAnother(state: string) {
    const asked = { client_id: 'web', redirect_uri: `${app}/callback`, login_hint: 'alex' }
    const request = new URLSearchParams({ ...asked, scope: 'openid profile email' })
    const browser = new Browser()
    let answer = await browser.send(`${latchkey.url}/login/kakao?${request}${state}`)
    while (answer.location !== null && answer.location.origin !== app) {
      answer = await browser.send(answer.location)
    }
    expect(answer.location?.searchParams.has('code')).toBe(true)
    return String(answer.location)
  }

  test('shows its page as before to whoever follows a link with another’s code', async ({
    skip,
  }) => {
    skip(isMissing, `needs Python with these: apt-get install ${debian}`)
    for (const state of ['', '&state=theirs']) {
      const browser = new Browser()
      const answer = await browser.follow(await linkOfAnother(state))
      expect([answer.status, answer.text.trim()]).toEqual([200, 'null'])
    }
  })
})

describe('the Express app of docs/web-app.md that hears of ended sessions', () => {
  const app = `http://localhost:${hearingPort}`
  let project: Project
  beforeAll(async () => {
    const sample = snippet('web-app', 'web-express.js')
    const hearing = sample.replace("app.get('/', ", (first) => `endSessions(app)\n${first}`)
    project = await startProject({
      'latchkey.js': snippet('web-app', 'latchkey.js'),
      'ended.js': snippet('web-app', 'ended.js'),
      'app.js': `import { endSessions } from './ended.js'\n${hearing}`,
    })
    await project.serve(process.execPath, ['app.js'], environment(String(hearingPort)), app)
  })
  afterAll(() => project.remove())

  test('ends the one that its user ended elsewhere, leaves the others, and takes no forged token', async () => {
    const [phone, laptop] = [new Browser(), new Browser()]
    const who = async (browser: Browser) => JSON.parse((await browser.send(`${app}/`)).text)
    await signInAt(app, phone, 'sora')
    await signInAt(app, laptop, 'sora')
    const { sid, idToken } = await who(phone)
    expect(await who(laptop)).toMatchObject({ name: '이소라' })

    const forged = await fetch(`${app}/ended`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: idToken }),
    })
    expect(forged.status).toBe(400)
    expect(await who(phone)).toMatchObject({ sid })

    await fetch(`${latchkey.url}/logout?${new URLSearchParams({ id_token_hint: idToken })}`)
    await expect.poll(() => who(phone), { timeout: 15_000 }).toBeNull()
    expect(await who(laptop)).toMatchObject({ name: '이소라' })
  })
})
