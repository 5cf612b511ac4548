import { readScope } from '../../core/client/scope.ts'
import type { Account } from '../../core/identity/account.ts'
import type { Accounts } from '../../core/identity/accounts.ts'
import type { GrantedSession } from '../../core/tokens/token-store.ts'
import { sessionOver } from '../issue.ts'

/** The account for a session's ID token. Throws `invalid_grant` where the session is over. */
export async function accountFor(
  accounts: Pick<Accounts, 'findBySession'>,
  session: GrantedSession,
): Promise<Account | null> {
  if (!readScope(session.scope).has('openid')) return null
  const account = await accounts.findBySession({
    userId: session.userId,
    sessionId: session.id,
  })
  if (account !== null) return account
  throw sessionOver()
}
