import { decodeJwt } from 'jose'
import { flag, inner, isToCome, type Loose, moment, object, text } from './fields.ts'

/** A person as an export has it. */
export interface PersonPart {
  kind: 'person'
  email: string | null
  name: string | null
  picture: string | null
  locale: string | null
  /** Name, picture and locale are the person's own edits, and not what the provider said. */
  isEdited: boolean
  createdAt: string | null
  isDisabled: boolean
  isDeleted: boolean
}

/** An account of a person as an export has it. */
export interface AccountPart {
  kind: 'account'
  provider: string
  subject: string | null
  issuer: string | null
  claims: Record<string, unknown>
  email: string | null
  name: string | null
  picture: string | null
  locale: string | null
  linkedAt: string | null
  lastLoginAt: string | null
}

/** A system whose exports can be read. */
export interface Source {
  /** Tables of people and of accounts, as they are called in a document. */
  people: readonly string[]
  accounts: readonly string[]
  /** The member of a person that lists the accounts, where they are not in a table of their own. */
  nested: string
  /** Accounts that stand in columns of the person. */
  accountsIn?(record: Loose): object[]
  /** What the columns of a CSV file are, where its first line does not say it. */
  columns?: readonly string[]
  person(record: Loose): { id: string | null } & Omit<PersonPart, 'kind'>
  /** The claims of an account are what its provider said of it. */
  account(record: Loose): { userId: string | null } & Omit<AccountPart, 'kind'>
}

const NEITHER = { isDeleted: false, isEdited: false }

/** The claims of an ID token that was kept: they name the tenant and the workspace. */
function claimsIn(idToken: string | null): Record<string, unknown> {
  try {
    return idToken === null ? {} : { ...decodeJwt(idToken) }
  } catch {
    return {}
  }
}

/** The tables of Auth.js and of Better Auth differ in what their columns are called. */
const tables = (
  names: Pick<Source, 'people' | 'accounts'>,
  columns: { provider: string; subject: string },
): Source => ({
  ...names,
  nested: 'accounts',
  person: (user) => ({
    id: text(user, 'id'),
    email: text(user, 'email'),
    name: text(user, 'name'),
    picture: text(user, 'image'),
    locale: null,
    createdAt: moment(user, 'createdat'),
    isDisabled:
      (flag(user, 'banned') && isToCome(user.get('banexpires'))) || flag(user, 'disabled'),
    ...NEITHER,
  }),
  account: (account) => ({
    userId: text(account, 'userid'),
    provider: text(account, columns.provider) ?? '',
    subject: text(account, columns.subject),
    issuer: text(account, 'issuer'),
    claims: claimsIn(text(account, 'idtoken')),
    email: null,
    name: null,
    picture: null,
    locale: null,
    linkedAt: moment(account, 'createdat'),
    lastLoginAt: null,
  }),
})

/** What a system kept of a person, under the names that providers and it use. */
const profileIn = (said: Loose) => ({
  name: text(said, 'fullname', 'name', 'displayname', 'username'),
  picture: text(said, 'avatarurl', 'picture', 'photourl', 'image'),
  locale: text(said, 'locale'),
})

const supabase: Source = {
  people: ['users', 'auth.users'],
  accounts: ['identities', 'auth.identities'],
  nested: 'identities',
  person(user) {
    const said = [inner(user, 'rawusermetadata'), inner(user, 'usermetadata')]
    const bannedUntil = text(user, 'banneduntil')
    return {
      id: text(user, 'id'),
      email: text(user, 'email'),
      ...profileIn(said.find((one) => one.size > 0) ?? new Map()),
      createdAt: moment(user, 'createdat'),
      isDisabled: bannedUntil !== null && isToCome(bannedUntil),
      isEdited: false,
      isDeleted: text(user, 'deletedat') !== null,
    }
  },
  account(identity) {
    const said = inner(identity, 'identitydata')
    // Its API calls the provider's id `id`, beside `identity_id`; so did the table before it had `provider_id`.
    const own = identity.has('providerid') ? null : text(identity, 'id')
    return {
      userId: text(identity, 'userid'),
      provider: text(identity, 'provider') ?? '',
      subject: text(identity, 'providerid') ?? text(said, 'sub', 'providerid') ?? own,
      issuer: text(said, 'iss'),
      claims: { ...object(identity.get('identitydata')), ...object(said.get('customclaims')) },
      email: text(said, 'email'),
      ...profileIn(said),
      linkedAt: moment(identity, 'createdat'),
      lastLoginAt: moment(identity, 'lastsigninat'),
    }
  },
}

/** Those of a provider in Firebase's CSV: id, address, name, picture. */
const FIREBASE_PROVIDERS = ['google.com', 'facebook.com', 'twitter.com', 'github.com']

/** The accounts in the columns of Firebase's CSV, as its JSON lists them. */
const firebaseAccounts = (row: Loose) =>
  FIREBASE_PROVIDERS.flatMap((providerId) => {
    const at = (column: string) => text(row, `${providerId} ${column}`)
    const rawId = at('id')
    if (rawId === null) return []
    return [
      { providerId, rawId, email: at('email'), displayName: at('name'), photoUrl: at('photo') },
    ]
  })

const firebase: Source = {
  people: ['users'],
  accounts: [],
  nested: 'provideruserinfo',
  // https://firebase.google.com/docs/cli/auth#CSV
  columns: [
    'localId',
    'email',
    'emailVerified',
    'passwordHash',
    'salt',
    'displayName',
    'photoUrl',
    ...FIREBASE_PROVIDERS.flatMap((id) =>
      ['id', 'email', 'name', 'photo'].map((column) => `${id} ${column}`),
    ),
    'createdAt',
    'lastSignedInAt',
    'phoneNumber',
    'disabled',
    'customAttributes',
    'providerUserInfo',
  ],
  accountsIn: firebaseAccounts,
  person: (user) => ({
    id: text(user, 'localid'),
    email: text(user, 'email'),
    ...profileIn(user),
    createdAt: moment(user, 'createdat'),
    isDisabled: flag(user, 'disabled'),
    ...NEITHER,
  }),
  account: (info) => ({
    userId: null,
    // What a project called a provider of its own: `oidc.kakao`.
    provider: (text(info, 'providerid') ?? '').replace(/^oidc\./, ''),
    subject: text(info, 'rawid'),
    issuer: null,
    claims: {},
    email: text(info, 'email'),
    ...profileIn(info),
    linkedAt: null,
    lastLoginAt: null,
  }),
}

const latchkey: Source = {
  people: ['users'],
  accounts: [],
  nested: 'identities',
  /** `users export` has the user's row beside the rest; `users show` and what people write by hand is flat. */
  person(record) {
    const user = record.has('user') ? inner(record, 'user') : record
    return {
      id: text(user, 'id', 'sub'),
      email: text(user, 'email'),
      ...profileIn(user),
      createdAt: moment(user, 'createdat'),
      isDisabled: text(user, 'disabledat') !== null || flag(user, 'disabled'),
      isEdited: record.has('user'),
      isDeleted: false,
    }
  },
  account: (identity) => ({
    userId: null,
    provider: text(identity, 'provider') ?? '',
    subject: text(identity, 'subject'),
    issuer: text(identity, 'issuer'),
    claims: {},
    email: text(identity, 'email'),
    ...profileIn(identity),
    linkedAt: moment(identity, 'linkedat'),
    lastLoginAt: moment(identity, 'lastloginat'),
  }),
}

/** The systems whose exports can be read, by the names that `--from` has for them. */
export const sources: Readonly<Record<string, Source>> = {
  latchkey,
  supabase,
  'auth.js': tables(
    { people: ['users', 'user'], accounts: ['accounts', 'account'] },
    { provider: 'provider', subject: 'provideraccountid' },
  ),
  'better-auth': tables(
    { people: ['user', 'users'], accounts: ['account', 'accounts'] },
    { provider: 'providerid', subject: 'accountid' },
  ),
  firebase,
}
