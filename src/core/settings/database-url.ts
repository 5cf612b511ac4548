import { defined } from '../defined.ts'

/** How TLS is used, in libpq's terms. */
export type SslMode = (typeof SSL_MODES)[number]

/** Which kind of server is wanted if there are several hosts, in libpq's terms. */
export type SessionAttrs = (typeof SESSION_ATTRS)[number]

/** One place where the database may be. */
export interface DatabaseHost {
  /** A host name, an IP address, or the folder of a unix socket (which begins with a slash). */
  host: string
  port: number
}

/** What a DATABASE_URL says. */
export interface DatabaseAddress {
  /** At least one, in the order in which they are tried. */
  hosts: readonly DatabaseHost[]
  user?: string
  password?: string
  database?: string
  sslMode: SslMode
  /** Paths of PEM files; `system` stands for the certificates that Node trusts. */
  sslRootCert?: string
  sslCert?: string
  sslKey?: string
  channelBinding: 'disable' | 'prefer' | 'require'
  /** The timeout for each host. */
  connectTimeoutSeconds: number
  applicationName: string
  /** Command-line options of the session, such as `-c search_path=app`. */
  options?: string
  sessionAttrs: SessionAttrs
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const SESSION_ATTRS = ['any', 'read-write', 'primary'] as const
const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'] as const

const KNOWN = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'channel_binding',
  'connect_timeout',
  'application_name',
  'options',
  'target_session_attrs',
]

/** The longest wait for a connection, whatever the URL says. */
const LONGEST_CONNECT_SECONDS = 2

/** What is wrong with a DATABASE_URL; `value` is never a secret. */
export type DatabaseUrlProblem =
  | { reason: 'form' }
  | { reason: 'percent'; value: 'user' | 'password' | 'host' | 'name' | 'parameter' }
  | { reason: 'unknown_parameters'; value: string }
  | { reason: 'parameter'; value: string }
  | { reason: 'port' }
  | { reason: 'ports'; value: string }
  /**
   * A character with a meaning in URLs ends the password too early; what follows may be the rest of
   * it.
   */
  | { reason: 'password_cut' }

/** A DATABASE_URL that cannot be read. */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError'
  readonly problem: DatabaseUrlProblem
  constructor(problem: DatabaseUrlProblem) {
    super(`DATABASE_URL: ${problem.reason}${'value' in problem ? ` (${problem.value})` : ''}`)
    this.problem = problem
  }
}

/**
 * Reads `postgres://user:password@host:port,host:port/name?parameter=value` as libpq does: several
 * hosts, IPv6 in brackets, an empty host with `?host=/folder`, parameters that override the parts
 * before them. No environment variable and no file is read.
 *
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  const [, authority = '', path = '', query = ''] =
    /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text) ??
    fail({ reason: 'form' })
  const at = authority.lastIndexOf('@')
  // In a name, it must be written as %40.
  if (path.includes('@')) fail({ reason: 'password_cut' })
  const [user, password] = at === -1 ? [] : splitOnce(authority.slice(0, at), ':')
  const given = readParameters(query)
  // JDBC's word, which libpq takes too.
  if (given.get('ssl') === 'true' && !given.has('sslmode')) given.set('sslmode', 'require')
  const hosts = readHosts(authority.slice(at + 1), given)
  const name = (part: 'user' | 'password' | 'name', parameter: string, text: string | undefined) =>
    given.get(parameter) ?? (text ? decode(text, part) : undefined)
  const sslRootCert = given.get('sslrootcert')
  return {
    hosts,
    ...defined({
      user: name('user', 'user', user),
      password: name('password', 'password', password),
      database: name('name', 'dbname', path),
      sslRootCert,
      sslCert: given.get('sslcert'),
      sslKey: given.get('sslkey'),
      options: given.get('options'),
    }),
    sslMode: choice(
      given,
      'sslmode',
      SSL_MODES,
      sslRootCert === 'system' ? 'verify-full' : 'prefer',
    ),
    channelBinding: choice(given, 'channel_binding', CHANNEL_BINDINGS, 'prefer'),
    connectTimeoutSeconds: readTimeout(given),
    applicationName: given.get('application_name') ?? 'latchkey',
    sessionAttrs: choice(
      given,
      'target_session_attrs',
      SESSION_ATTRS,
      hosts.length > 1 ? 'read-write' : 'any',
    ),
  }
}

/** Where a database is, in a form for operators: hosts, name and user, never the password. */
export function describeAddress({ hosts, database, user }: DatabaseAddress): string {
  const places = hosts.map(({ host, port }) => {
    if (host.startsWith('/')) return host
    return `${host.includes(':') ? `[${host}]` : host}:${port}`
  })
  const what = [
    ...(database === undefined ? [] : [`database "${database}"`]),
    ...(user === undefined ? [] : [`user "${user}"`]),
  ]
  return [places.join(','), ...what].join(', ')
}

/** Whether `parseDatabaseUrl` can read it. */
export function isDatabaseUrl(text: string): boolean {
  try {
    parseDatabaseUrl(text)
    return true
  } catch {
    return false
  }
}

/**
 * The parameters after the question mark; of two with the same name the last one counts, and one
 * `&` may end them.
 */
function readParameters(query: string): Map<string, string> {
  const given = new Map<string, string>()
  const text = query.replace(/&$/, '')
  for (const pair of text === '' ? [] : text.split('&')) {
    const [name, value = ''] = splitOnce(pair, '=')
    given.set(decode(name, 'parameter'), decode(value, 'parameter'))
  }
  const unknown = [...given.keys()].filter((name) => !KNOWN.includes(name))
  if (unknown.length > 0 && query.includes('@')) fail({ reason: 'password_cut' })
  if (unknown.length > 0) fail({ reason: 'unknown_parameters', value: unknown.join(', ') })
  for (const [name, value] of given) if (value === '') given.delete(name)
  return given
}

function readHosts(authority: string, given: ReadonlyMap<string, string>): DatabaseHost[] {
  const places = authority.split(',').map((place) => {
    const [, bracketed, plain = '', port] =
      /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(place) ?? fail({ reason: 'form' })
    return { host: decode(bracketed ?? plain, 'host'), port: port ?? '' }
  })
  const names = given.get('host')?.split(',') ?? places.map(({ host }) => host)
  const ports = given.get('port')?.split(',') ?? places.map(({ port }) => port)
  if (ports.length !== 1 && ports.length !== names.length) {
    fail({ reason: 'ports', value: `${names.length}, ${ports.length}` })
  }
  return names.map((host, place) => ({
    host: host.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: readPort(ports.length === 1 ? ports[0] : ports[place]),
  }))
}

function readPort(text = ''): number {
  if (text === '') return 5432
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : fail({ reason: 'port' })
}

function readTimeout(given: ReadonlyMap<string, string>): number {
  const text = given.get('connect_timeout') ?? '0'
  if (!/^-?\d{1,9}$/.test(text)) fail({ reason: 'parameter', value: 'connect_timeout' })
  // Zero or less means no limit.
  const seconds = Number(text)
  return seconds > 0 ? Math.min(seconds, LONGEST_CONNECT_SECONDS) : LONGEST_CONNECT_SECONDS
}

function choice<const Choices extends readonly string[]>(
  given: ReadonlyMap<string, string>,
  name: string,
  choices: Choices,
  fallback: Choices[number],
): Choices[number] {
  const value = given.get(name) ?? fallback
  return choices.includes(value)
    ? value
    : fail({ reason: 'parameter', value: `${name} (${choices.join(', ')})` })
}

function decode(text: string, part: 'user' | 'password' | 'host' | 'name' | 'parameter'): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fail({ reason: 'percent', value: part })
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const place = text.indexOf(separator)
  return place === -1 ? [text] : [text.slice(0, place), text.slice(place + 1)]
}

function fail(problem: DatabaseUrlProblem): never {
  throw new DatabaseUrlError(problem)
}
