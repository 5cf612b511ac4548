import { ADMIN_CLI } from '../../core/events/audit.ts'
import { type AdminUser, areRolesFew, ROLE, ROLES_SHAPE } from '../../core/identity/admin-users.ts'
import { counted } from '../../core/text.ts'
import { builtInProviders } from '../../providers/index.ts'
import type { Settings } from '../../settings/index.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { AdminError, noSuchVerb, UsageError } from './usage.ts'

/** Users on one page of a search. */
const MOST = 1_000

/**
 * Providers at which tokens may be revoked. The server's outbox decides in the end, and reports
 * what it cannot revoke.
 */
const providersThatRevoke = ({ providers }: Settings): string[] => [
  ...new Set([...providers.map(({ row }) => row.id), ...builtInProviders.map(({ id }) => id)]),
]

const row = (user: AdminUser) => ({
  id: user.sub,
  name: user.name,
  email: user.email,
  verified: user.email_verified,
  disabled: user.disabled_at,
  roles: user.roles.join(' ') || null,
  identities: user.identities?.map(({ provider }) => provider).join(' ') ?? null,
  sessions: user.sessions,
})

/** Gives the user; throws where there is none. */
function found<T>(value: T | null | false, id: string): T {
  if (value === null || value === false) throw new AdminError(`There is no user ${id}.`)
  return value
}

/** `admin users …` */
export async function runUsers(run: AdminRun): Promise<Shown> {
  const { stores, words } = run
  const users = stores.adminUsers
  const [verb = '', id = '', role = ''] = words
  const needId = () => {
    if (id === '') throw new UsageError(`users ${verb} needs an id.`)
    return id
  }
  const changed = async (change: Promise<AdminUser | null>): Promise<Shown> => {
    const user = found(await change, id)
    return { one: run.flags.json ? { ...user } : row(user) }
  }
  switch (verb) {
    case 'find': {
      const all = await users.find(words.slice(1).join(' '), { after: null, limit: MOST })
      const rows = run.flags.json ? all.map((user) => ({ ...user })) : all.map(row)
      return {
        rows,
        cut: all.length < MOST ? undefined : `Only ${MOST} are shown: say more of it.`,
      }
    }
    case 'show': {
      const user = found(await users.show(needId()), id)
      const updated_at = new Date(user.updated_at * 1000).toISOString()
      return { one: run.flags.json ? { ...user } : { ...user, updated_at } }
    }
    case 'disable':
    case 'enable':
      return changed(users.change(needId(), { isDisabled: verb === 'disable' }, ADMIN_CLI))
    case 'delete':
      found(await users.remove(needId(), providersThatRevoke(run.settings), ADMIN_CLI), id)
      return { line: `User ${id} is deleted.`, one: { deleted: id } }
    case 'export':
      return { pieces: found(await users.export(needId()), id) }
    case 'end-sessions': {
      const count = found(await users.endSessions(needId(), ADMIN_CLI), id)
      return { line: `Ended ${counted(count, 'session')} of ${id}.`, one: { ended: count } }
    }
    case 'grant':
    case 'revoke':
      if (!ROLE.test(role)) {
        throw new UsageError('A role has 1 to 64 lower-case letters, digits, colons, - and _.')
      }
      if (verb === 'revoke') return changed(users.revokeRole(needId(), role, ADMIN_CLI))
      if (!areRolesFew([...new Set([...found(await users.show(needId()), id).roles, role])]))
        throw new AdminError(`${role} is one too many: ${ROLES_SHAPE}.`)
      return changed(users.grantRole(needId(), role, ADMIN_CLI))
    case 'import': {
      const { runImport } = await import('./import/index.ts')
      return runImport(run)
    }
    default:
      throw noSuchVerb('users', verb)
  }
}
