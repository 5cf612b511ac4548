import { decodeJwt } from 'jose'
import { flag, inner, isToCome, moment, object, text } from './fields.ts'
import { firebase } from './firebase.ts'
import { NEITHER, profileIn, type Source } from './source.ts'

/** The claims of a stored ID token, which name the tenant and the workspace. */
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
      // A project's name for its own provider, like `custom:naver`.
      provider: (text(identity, 'provider') ?? '').replace(/^custom:/, ''),
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

/** The systems whose exports can be read, by their names for `--from`. */
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
