import type { UsedFlows } from '../../core/client/used-flows.ts'
import type { Audit } from '../../core/events/audit.ts'
import type { Outbox } from '../../core/events/outbox.ts'
import type { ReceivedEventStore } from '../../core/events/received-events.ts'
import type { Accounts } from '../../core/identity/accounts.ts'
import type { AdminUsers } from '../../core/identity/admin-users.ts'
import type { Identities, LinkCodes } from '../../core/identity/identities.ts'
import type { ImportStore } from '../../core/identity/import.ts'
import type { SignIns } from '../../core/identity/sign-ins.ts'
import type { ProviderTokenStore } from '../../core/provider/provider-token-stores.ts'
import type { RequestCounts } from '../../core/request-counts.ts'
import type { SigningKeys } from '../../core/tokens/key-store.ts'
import type { Sessions } from '../../core/tokens/sessions.ts'
import type { TokenStore } from '../../core/tokens/token-store.ts'
import type { Database, DatabaseObserver } from '../client.ts'
import { createReadiness } from '../readiness.ts'
import { createAccounts } from './account/accounts.ts'
import { createAdminUsers } from './account/admin-users.ts'
import { createIdentities } from './account/identities.ts'
import { createImportStore } from './account/imports.ts'
import { createLinkCodes } from './account/link-codes.ts'
import { createAudit } from './events/audit.ts'
import { createOutbox } from './events/outbox.ts'
import { createReceivedEvents } from './events/received-events.ts'
import { createRequestCounts } from './request-counts.ts'
import { createSessions } from './sessions/sessions.ts'
import { createSignIns, type SignInRules } from './sign-in/sign-ins.ts'
import { sweepBatch } from './sweep.ts'
import { createProviderTokenStore } from './tokens/provider-tokens.ts'
import { redeemCode } from './tokens/redeem-code.ts'
import { rotateToken } from './tokens/rotate-token.ts'
import { createSigningKeys } from './tokens/signing-keys.ts'
import { createUsedFlows } from './used-flows.ts'

/** All stores, as the rooms see them. */
export interface Stores {
  accounts: Accounts
  adminUsers: AdminUsers
  imports: ImportStore
  identities: Identities
  sessions: Sessions
  signIns: SignIns
  linkCodes: LinkCodes
  usedFlows: UsedFlows
  tokens: TokenStore
  requestCounts: RequestCounts
  signingKeys: SigningKeys
  outbox: Outbox
  providerTokens: ProviderTokenStore
  audit: Audit
  receivedEvents: ReceivedEventStore
  /** Whether the database can be reached and is migrated. */
  isReady(): Promise<boolean>
  /** How many database operations run or wait. */
  pendingOperations(): number
  /** Reports every database operation to an observer from now on. */
  observe(observer: DatabaseObserver): void
  /**
   * Removes one batch of expired rows of each kind; gives how many, and whether there may be more.
   */
  sweepBatch(): Promise<{ removed: number; more: boolean }>
}

/** The settings that the stores depend on. */
export interface StoreRules extends SignInRules {
  accessTokenTtlSeconds: number
}

/** The stores in PostgreSQL. */
export function createStores(database: Database, rules: StoreRules): Stores {
  return {
    accounts: createAccounts(database, rules.trustedProviders),
    adminUsers: createAdminUsers(database, rules),
    imports: createImportStore(database, rules),
    identities: createIdentities(database, rules.trustedProviders),
    sessions: createSessions(database, rules),
    linkCodes: createLinkCodes(database),
    signIns: createSignIns(database, rules),
    usedFlows: createUsedFlows(database),
    tokens: { redeemCode: redeemCode(database), rotate: rotateToken(database) },
    requestCounts: createRequestCounts(database),
    signingKeys: createSigningKeys(database),
    outbox: createOutbox(database),
    providerTokens: createProviderTokenStore(database),
    audit: createAudit(database),
    receivedEvents: createReceivedEvents(database),
    isReady: createReadiness(database),
    pendingOperations: database.pending,
    observe: database.observe,
    sweepBatch: () => sweepBatch(database),
  }
}
