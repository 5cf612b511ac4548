import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import postgres from 'postgres'
import { defined } from '../../core/defined.ts'
import {
  type DatabaseAddress,
  type DatabaseHost,
  parseDatabaseUrl,
} from '../../core/settings/database-url.ts'
import { serverEndPoint } from './channel-binding.ts'
import { prepareSaslPassword } from './sasl-password.ts'
import { openSocket } from './socket.ts'

/** Where the database is: a URL, or the socket of the server that Latchkey started itself. */
export type DatabaseLocation =
  | { url: string }
  | { host: string; port: number; database: string; username: string }

/** What a client does beyond what its address says. */
export interface ClientOptions {
  /** Connections at most. */
  connections: number
  /** Named prepared statements, and a session that is told how to behave as it begins; off behind a pooler. */
  prepare: boolean
  applicationName?: string
}

/** A statement may run that long on the server. */
const STATEMENT_MS = 5_000
/** A transaction may wait that long for its next statement. */
const IDLE_IN_TRANSACTION_MS = 10_000

/**
 * What statements and the driver's readers count on, whatever a database or a role says for its sessions
 * (`alter database … set`): how bytes and moments are written, and that a lock that was waited for shows the
 * latest row. The pool's connections rest as long as nobody comes. Names without a schema are PostgreSQL's own: a
 * function that somebody else left in `public` and that fits better would run with our rights (CVE-2018-1058).
 */
export const SESSION: Readonly<Record<string, string | number>> = {
  search_path: 'pg_catalog',
  DateStyle: 'ISO',
  bytea_output: 'hex',
  extra_float_digits: 1,
  default_transaction_isolation: 'read committed',
  statement_timeout: STATEMENT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  // A text: the driver leaves out what is falsy.
  idle_session_timeout: '0',
}

/**
 * How soon the server notices that the machine at the other end is gone, which says no word of it: in two minutes.
 * By itself it would keep the places of that one's connections, of which there are a hundred in all, for two hours.
 */
const KEEPALIVE: Readonly<Record<string, number>> = {
  tcp_keepalives_idle: 60,
  tcp_keepalives_interval: 10,
  tcp_keepalives_count: 6,
}

/** What is known of a location, in one form. */
export function addressOf(location: DatabaseLocation): DatabaseAddress {
  if ('url' in location) return parseDatabaseUrl(location.url)
  return {
    hosts: [{ host: location.host, port: location.port }],
    user: location.username,
    password: '',
    database: location.database,
    sslMode: 'disable',
    channelBinding: 'disable',
    connectTimeoutSeconds: 2,
    applicationName: 'latchkey',
    sessionAttrs: 'any',
  }
}

/**
 * A client for one host. It prints no notices and reads no environment variable; each of its connections
 * has one statement under way, so that a cancel meets the one that it is for.
 */
export function connect(
  address: DatabaseAddress,
  { host, port }: DatabaseHost,
  { connections, prepare, applicationName = address.applicationName }: ClientOptions,
): postgres.Sql {
  const isSocket = host.startsWith('/')
  const path = `${host}/.s.PGSQL.${port}`
  const ssl = isSocket ? false : tlsOf(address, host)
  const options = {
    host,
    port,
    ...(isSocket ? { path } : {}),
    ...defined({ user: address.user }),
    password: address.password ?? '',
    database: address.database ?? '',
    max: connections,
    max_pipeline: 0,
    prepare,
    connect_timeout: address.connectTimeoutSeconds,
    backoff: () => 0.1,
    onnotice: () => {},
    ssl,
    prefer_tls: preferredTls(address),
    channel_binding: isSocket ? null : bindingOf(address),
    prepare_password: prepareSaslPassword,
    ...(ssl === false ? { socket: () => openSocket(isSocket ? { path } : { host, port }) } : {}),
    connection: {
      application_name: applicationName,
      ...defined({ options: address.options }),
      // A pooler in transaction mode refuses start-up parameters that it does not know.
      ...(prepare ? { ...SESSION, ...(isSocket ? {} : KEEPALIVE) } : {}),
    },
  }
  return postgres(options as postgres.Options<never>) as unknown as postgres.Sql
}

/** The certificate by which this client proves itself. */
const ownCertificate = ({ sslCert, sslKey }: Pick<DatabaseAddress, 'sslCert' | 'sslKey'>) => ({
  ...(sslCert === undefined ? {} : { cert: readFileSync(sslCert) }),
  ...(sslKey === undefined ? {} : { key: readFileSync(sslKey) }),
})

/** What goes along with TLS where it is preferred; a root certificate that is named is then asked, as libpq does. */
function preferredTls(address: DatabaseAddress) {
  const { sslMode, sslRootCert } = address
  if (sslMode !== 'allow' && sslMode !== 'prefer') return {}
  const root =
    sslRootCert === undefined || sslRootCert === 'system'
      ? {}
      : {
          ca: [readFileSync(sslRootCert)],
          rejectUnauthorized: true,
          checkServerIdentity: () => undefined,
        }
  return { ...ownCertificate(address), ...root }
}

/** What the driver takes for `ssl`: what libpq's mode means, with the certificates that are named. */
function tlsOf(address: DatabaseAddress, host: string) {
  const { sslMode, sslRootCert } = address
  if (sslMode === 'disable') return false
  // Without its own certificates the driver's words do the same; `prefer` goes on in the clear where TLS is refused.
  if (sslMode === 'allow' || sslMode === 'prefer') return 'prefer'
  const own = ownCertificate(address)
  // With a root certificate `require` means `verify-ca`, as libpq has it.
  if (sslMode === 'require' && sslRootCert === undefined) {
    return { ...own, rejectUnauthorized: false }
  }
  const ca = sslRootCert === undefined || sslRootCert === 'system' ? rootCertificates : undefined
  return {
    ...own,
    ca: ca === undefined && sslRootCert !== undefined ? readFileSync(sslRootCert) : [...(ca ?? [])],
    rejectUnauthorized: true,
    ...(sslMode === 'verify-full' ? { host } : { checkServerIdentity: () => undefined }),
  }
}

/** How a sign-in is bound to its connection: what the driver calls with the mechanisms that the server offers. */
function bindingOf({ channelBinding }: DatabaseAddress) {
  return channelBinding === 'disable'
    ? null
    : { required: channelBinding === 'require', endPointOf: serverEndPoint }
}
