import { isIP } from 'node:net'
import type {
  DatabaseAddress,
  DatabaseHost,
  SessionAttrs,
} from '../../core/settings/database-url.ts'
import { type ClientOptions, connect } from './connect.ts'
import { codeOf } from './failures.ts'

/** No host was reached that is of the wanted kind; `code` is like those of the driver's errors. */
export class NoFitHostError extends Error {
  override name = 'NoFitHostError'
  readonly code: string
  constructor(tried: readonly { host: DatabaseHost; code: string }[]) {
    const each = tried.map(({ host, code }) => `${shown(host)}: ${code}`)
    super(`No host of DATABASE_URL is fit (${each.join('; ')})`)
    // If all hosts failed in the same way, that code is kept.
    const [first] = tried
    this.code =
      first !== undefined && tried.every(({ code }) => code === first.code)
        ? first.code
        : 'NO_FIT_HOST'
  }
}

/**
 * The host to use: a single host without a check, of several the first that is reached and fits
 * `target_session_attrs`. After a failover it is another one.
 *
 * @throws NoFitHostError
 */
export async function findHost(
  address: DatabaseAddress,
  options: Pick<ClientOptions, 'prepare'>,
): Promise<DatabaseHost> {
  const [only] = address.hosts
  if (only !== undefined && address.hosts.length === 1) return only
  const tried: { host: DatabaseHost; code: string }[] = []
  for (const host of address.hosts) {
    const code = await look(address, host, options)
    if (code === null) return host
    tried.push({ host, code })
  }
  throw new NoFitHostError(tried)
}

/** Why a host does not fit, as a code; null if it does. */
async function look(
  address: DatabaseAddress,
  host: DatabaseHost,
  { prepare }: Pick<ClientOptions, 'prepare'>,
): Promise<string | null> {
  const sql = connect(address, host, { connections: 1, prepare })
  // A server that is reached and does not answer counts as away.
  const late = setTimeout(() => sql.end({ timeout: 0 }), address.connectTimeoutSeconds * 2_000)
  try {
    const [server] = await sql.unsafe<ServerFacts[]>(
      `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly"`,
    )
    return server !== undefined && isFit(server, address.sessionAttrs) ? null : 'READ_ONLY'
  } catch (error) {
    return codeOf(error) ?? (error as Error).name
  } finally {
    clearTimeout(late)
    await sql.end({ timeout: 0 }).catch(() => {})
  }
}

interface ServerFacts {
  standby: boolean
  readOnly: boolean
}

function isFit({ standby, readOnly }: ServerFacts, attrs: SessionAttrs): boolean {
  if (attrs === 'any') return true
  return attrs === 'primary' ? !standby : !readOnly
}

const shown = ({ host, port }: DatabaseHost) =>
  `${isIP(host) === 6 ? `[${host}]` : host}${host.startsWith('/') ? '' : `:${port}`}`
