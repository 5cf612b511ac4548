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

/** Options of a client beside its address. */
export interface ClientOptions {
  /** The most connections. */
  connections: number
  /**
   * Whether to use named prepared statements and session parameters at the start of a connection;
   * off behind a pooler.
   */
  prepare: boolean
  applicationName?: string
}

/** For how long a statement may run on the server. */
const STATEMENT_MS = 5_000
/** For how long a transaction may wait for its next statement. */
const IDLE_IN_TRANSACTION_MS = 10_000

/**
 * Session parameters that statements and the driver's parsers rely on, whatever a database or a
 * role sets (`alter database … set`): how bytes and times are written, and that after waiting for a
 * lock the latest row is seen. Idle connections of the pool stay open. Names without a schema are
 * only looked up in PostgreSQL's own: a better matching function that somebody else left in
 * `public` would run with our rights (CVE-2018-1058).
 */
export const SESSION: Readonly<Record<string, string | number>> = {
  search_path: 'pg_catalog',
  DateStyle: 'ISO',
  bytea_output: 'hex',
  extra_float_digits: 1,
  default_transaction_isolation: 'read committed',
  statement_timeout: STATEMENT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  // As text: the driver leaves out falsy values.
  idle_session_timeout: '0',
}

/**
 * How soon the server notices that the client's machine has silently gone: in two minutes. By
 * default it would keep that machine's connections, out of a hundred in all, for two hours.
 */
const KEEPALIVE: Readonly<Record<string, number>> = {
  tcp_keepalives_idle: 60,
  tcp_keepalives_interval: 10,
  tcp_keepalives_count: 6,
}

/** The address of a location, in one form. */
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
 * A client for one host. It prints no notices and reads no environment variables; each connection
 * runs one statement at a time, so that a cancel request hits the statement that it is for.
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
      // Poolers in transaction mode refuse start-up parameters that they do not know.
      ...(prepare ? { ...SESSION, ...(isSocket ? {} : KEEPALIVE) } : {}),
    },
  }
  return postgres(options as postgres.Options<never>) as unknown as postgres.Sql
}

/** The client certificate. */
const ownCertificate = ({ sslCert, sslKey }: Pick<DatabaseAddress, 'sslCert' | 'sslKey'>) => ({
  ...(sslCert === undefined ? {} : { cert: readFileSync(sslCert) }),
  ...(sslKey === undefined ? {} : { key: readFileSync(sslKey) }),
})

/**
 * TLS options for when it is preferred but not required; a given root certificate is then checked,
 * as libpq does.
 */
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

/** The driver's `ssl` option that has the meaning of libpq's mode, with the given certificates. */
function tlsOf(address: DatabaseAddress, host: string) {
  const { sslMode, sslRootCert } = address
  if (sslMode === 'disable') return false
  // Without certificates the driver's own mode does the same: `prefer` goes on unencrypted if TLS
  // is refused.
  if (sslMode === 'allow' || sslMode === 'prefer') return 'prefer'
  const own = ownCertificate(address)
  // With a root certificate `require` means `verify-ca`, as in libpq.
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

/**
 * How a sign-in is bound to its connection: the driver calls this with the mechanisms that the
 * server offers.
 */
function bindingOf({ channelBinding }: DatabaseAddress) {
  return channelBinding === 'disable'
    ? null
    : { required: channelBinding === 'require', endPointOf: serverEndPoint }
}
