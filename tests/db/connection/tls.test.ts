import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/db/client.ts'
import { createOwnPostgres, type OwnPostgres } from '../../helpers/own-postgres.ts'
import { makeSelfSigned } from '../../helpers/self-signed.ts'
import { newFolder } from '../../helpers/server-process.ts'

const { key, cert } = makeSelfSigned()
let encrypted: OwnPostgres
let clear: OwnPostgres
let folder: Awaited<ReturnType<typeof newFolder>>
let ca: string
let otherCa: string

beforeAll(async () => {
  folder = await newFolder()
  ca = join(folder.path, 'ca.pem')
  otherCa = join(folder.path, 'other.pem')
  await writeFile(ca, cert)
  await writeFile(otherCa, makeSelfSigned().cert)
  const tls = { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' }
  encrypted = await createOwnPostgres(tls, { 'server.crt': cert, 'server.key': key })
  clear = await createOwnPostgres()
})
afterAll(async () => {
  await Promise.all([encrypted.remove(), clear.remove()])
  await folder.remove()
})

/** Whether a connection is encrypted, or the code of what stands in its way. */
async function outcome(server: OwnPostgres, parameters: string, host = '127.0.0.1') {
  const url = `${server.url.replace('127.0.0.1', host)}?${parameters}`
  const database = openDatabase({ url }, { connections: 1, prepare: true })
  try {
    const [row] = await database.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
      [],
    )
    return row?.ssl
  } catch (error) {
    return (error as { evidence: { database?: string } }).evidence?.database
  } finally {
    await database.close()
  }
}

test('the server gives up a machine that is gone after two minutes, with TLS and without', async () => {
  const READ = `select name, setting from pg_settings where name like 'tcp_keepalives_%' order by name`
  const settings = async (url: string) => {
    const database = openDatabase({ url }, { connections: 1, prepare: true })
    const rows = await database
      .query<{ name: string; setting: string }>(READ)
      .finally(() => database.close())
    return rows.map(({ setting }) => Number(setting))
  }
  for (const server of [encrypted, clear]) {
    const [count = 0, idle = 0, interval = 0] = await settings(server.url)
    expect(idle + count * interval).toBe(120)
    // The control: by itself it would look after hours.
    const plain = server.hold()
    const rows = await plain.unsafe<{ setting: string }[]>(READ)
    await plain.end()
    expect(Number(rows[1]?.setting)).toBeGreaterThan(3600)
  }
})

describe('sslmode means what libpq has it mean', () => {
  test.each([
    ['prefer', true, false],
    ['allow', true, false],
    ['disable', false, false],
    ['require', true, 'TLS_REFUSED'],
    ['verify-ca', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_REFUSED'],
    ['verify-full', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_REFUSED'],
  ])('%s', async (mode, atTls, atClear) => {
    expect(await outcome(encrypted, `sslmode=${mode}`)).toBe(atTls)
    expect(await outcome(clear, `sslmode=${mode}`)).toBe(atClear)
  })

  test('and sslrootcert names whom to trust, for the host that is asked for', async () => {
    const root = `sslrootcert=${encodeURIComponent(ca)}`
    const other = `sslrootcert=${encodeURIComponent(otherCa)}`
    expect(await outcome(encrypted, `sslmode=verify-full&${root}`)).toBe(true)
    expect(await outcome(encrypted, `sslmode=verify-full&${root}`, 'localhost')).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
    expect(await outcome(encrypted, `sslmode=verify-ca&${root}`, 'localhost')).toBe(true)
    // With a root certificate, require verifies it.
    expect(await outcome(encrypted, `sslmode=require&${root}`)).toBe(true)
    expect(await outcome(encrypted, `sslmode=require&${other}`)).toMatch(/SELF_SIGNED|UNABLE_TO/)
  })
})

test('a client certificate is shown wherever TLS is spoken, and prefer goes on without TLS', async () => {
  const tls = { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' }
  const files = { 'server.crt': cert, 'server.key': key }
  const asking = await createOwnPostgres({ ...tls, ssl_ca_file: 'server.crt' }, files)
  const keyFile = join(folder.path, 'client.key')
  await writeFile(keyFile, key)
  const own = `sslcert=${encodeURIComponent(ca)}&sslkey=${encodeURIComponent(keyFile)}`
  const shown = async (parameters: string) => {
    const options = { connections: 1, prepare: true }
    const database = openDatabase({ url: `${asking.url}?${parameters}` }, options)
    const [row] = await database
      .query<{ dn: string | null }>(
        'select client_dn as dn from pg_stat_ssl where pid = pg_backend_pid()',
        [],
      )
      .finally(() => database.close())
    return row?.dn ?? null
  }
  try {
    expect(await shown('sslmode=require')).toBeNull()
    expect(await shown(`sslmode=require&${own}`)).toMatch(/CN=/)
    expect(await shown(own)).toMatch(/CN=/)
    expect(await shown(`sslmode=disable&${own}`)).toBeNull()
    expect(await outcome(clear, own)).toBe(false)
    const other = `sslrootcert=${encodeURIComponent(otherCa)}`
    expect(await outcome(encrypted, `sslrootcert=${encodeURIComponent(ca)}`)).toBe(true)
    expect(await outcome(encrypted, other)).toMatch(/SELF_SIGNED|UNABLE_TO/)
  } finally {
    await asking.remove()
  }
})

describe('channel_binding', () => {
  test('require is done where the server offers it over TLS, and refused where it cannot be', async () => {
    expect(await outcome(encrypted, 'sslmode=require&channel_binding=require')).toBe(true)
    expect(await outcome(clear, 'channel_binding=require')).toBe('CHANNEL_BINDING_REFUSED')
    expect(await outcome(encrypted, 'sslmode=disable&channel_binding=require')).toBe(
      'CHANNEL_BINDING_REFUSED',
    )
  })

  test('is bound to the certificate of this very connection', async () => {
    // Somebody in between, with a certificate of an own: the server sees that the binding is not its own.
    const { createServer, connect: connectTls } = await import('node:tls')
    const { createServer: createPlain, connect } = await import('node:net')
    const own = makeSelfSigned()
    const inner = createServer(own, (client) => {
      const socket = connect(encrypted.port, '127.0.0.1')
      socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
      socket.once('data', () => {
        const server = connectTls({ socket, rejectUnauthorized: false }, () => {
          client.pipe(server).pipe(client)
        })
        server.on('error', () => client.destroy())
      })
      client.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    })
    const between = createPlain((client) => {
      client.on('error', () => undefined)
      client.once('data', () => {
        client.write('S')
        inner.emit('connection', client)
      })
    })
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    const { port } = between.address() as { port: number }
    const through = { ...encrypted, url: encrypted.url.replace(`:${encrypted.port}/`, `:${port}/`) }
    expect(await outcome(through, 'sslmode=require&channel_binding=require')).toBe('28000')
    expect(await outcome(through, 'sslmode=require&channel_binding=disable')).toBe(true)
    between.close()
  })
})

describe('a password beyond ASCII', () => {
  const ends = () => clear.asSuperuser(`alter role latchkey password '${password()}'`)
  const password = () => decodeURIComponent(new URL(clear.url).password)
  /** What comes of signing in with one where the server has another. */
  async function signIn(known: string, given: string) {
    await clear.asSuperuser(`alter role latchkey password '${known}'`)
    const url = clear.url.replace(/:[^:@]*@/, `:${encodeURIComponent(given)}@`)
    const database = openDatabase({ url }, { connections: 1, prepare: true })
    return database
      .query('select 1')
      .then(
        () => 'signed in',
        (error) => error.evidence.database,
      )
      .finally(() => database.close())
  }
  afterEach(ends)

  // PostgreSQL prepares it by SASLprep, as it is set, and libpq as it is shown.
  test.each([
    ['in another form of the same signs', '비밀'.normalize('NFD'), '비밀'],
    ['of full width', 'Ａbc１', 'Abc1'],
    ['with a space that does not break', 'a\u00a0b', 'a b'],
    ['with a soft hyphen', 'a\u00adb', 'ab'],
    ['with a ligature', 'ﬁn', 'fin'],
    ['in Arabic', '\ufedf\ufe8e', '\u0644\u0627'],
    ['in Hebrew that ends with a point once it is plain', '\ufb31', '\u05d1\u05bc'],
    ['with a point alone from the right', 'a\u05b0ﬁ', 'a\u05b0fi'],
  ])('%s signs in as it is and as its plain form does, and no other', async (_name, odd, plain) => {
    expect(await signIn(odd, odd)).toBe('signed in')
    expect(await signIn(odd, plain)).toBe('signed in')
    expect(await signIn(plain, odd)).toBe('signed in')
    expect(await signIn(odd, `${odd}x`)).toBe('28P01')
  })

  test.each([
    ['with an emoji', 'a😀ﬁ', 'a😀fi'],
    ['with a sign that is none', 'ﬁ\u0007', 'fi\u0007'],
    ['from the right and from the left', 'אﬁ', 'אfi'],
    ['that is from one side alone once it is plain', 'a\ufe7a', 'a \u0650'],
  ])('%s is taken as it is', async (_name, raw, plain) => {
    expect(await signIn(raw, raw)).toBe('signed in')
    expect(await signIn(raw, plain)).toBe('28P01')
  })
})
