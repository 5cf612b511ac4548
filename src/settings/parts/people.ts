import { areRolesFew, ROLE } from '../../core/identity/admin-users.ts'
import type { LinkingMode, SignUp } from '../../core/identity/linking.ts'
import { asciiLowerCase } from '../../core/text.ts'
import type { Reader } from '../reader.ts'

/** Who may sign in, and what a new user gets. */
export interface PeopleSettings {
  mode: LinkingMode
  signUp: SignUp
  /** Roles of a new user. */
  defaultRoles: string[]
  /**
   * How long ago the sign-in may be for an action that cannot be undone, in seconds; null for no
   * limit.
   */
  reauthSeconds: number | null
}

const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/

/** Reads ACCOUNT_LINKING, SIGN_UP, DEFAULT_ROLES and REAUTH_MAX_AGE. */
export function readPeople(reader: Reader): PeopleSettings {
  const defaultRoles = [...new Set(reader.list('DEFAULT_ROLES'))]
  if (!defaultRoles.every((role) => ROLE.test(role)) || !areRolesFew(defaultRoles)) {
    reader.refuse('roles', 'DEFAULT_ROLES')
  }
  return {
    mode: reader.choice('ACCOUNT_LINKING', ['verified', 'explicit'], 'verified'),
    signUp: readSignUp(reader),
    defaultRoles,
    reauthSeconds:
      reader.text('REAUTH_MAX_AGE') === 'off' ? null : reader.duration('REAUTH_MAX_AGE', '30m'),
  }
}

function readSignUp(reader: Reader): SignUp {
  const parts = reader.list('SIGN_UP').map(asciiLowerCase)
  const [only = 'open'] = parts
  if (parts.length <= 1 && (only === 'open' || only === 'closed')) return only
  if (!parts.every((part) => DOMAIN.test(part))) reader.refuse('signUp')
  return parts
}
