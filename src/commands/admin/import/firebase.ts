import { builtInProviders } from '../../../providers/index.ts'
import { flag, inner, type Loose, list, moment, object, text } from './fields.ts'
import { NEITHER, profileIn, type Source } from './source.ts'

/** The providers that have columns in Firebase's CSV: id, address, name, picture. */
const FIREBASE_PROVIDERS = ['google.com', 'facebook.com', 'twitter.com', 'github.com']

/** The accounts in the columns of Firebase's CSV, as its JSON lists them. */
const firebaseColumns = (row: Loose) =>
  FIREBASE_PROVIDERS.flatMap((providerId) => {
    const at = (column: string) => text(row, `${providerId} ${column}`)
    const rawId = at('id')
    if (rawId === null) return []
    return [
      { providerId, rawId, email: at('email'), displayName: at('name'), photoUrl: at('photo') },
    ]
  })

/** `firebase auth:export` calls a person's id `localId`, the Admin SDK `uid`. */
const idOf = (user: Loose) => text(user, 'localid', 'uid')

/**
 * The account that a custom token was made for: Firebase knows no Kakao, NAVER or LINE, so an app's own server
 * signs these people in as `kakao:1234567890`, and nothing else says who they are.
 */
function customAccount(user: Loose): object[] {
  const [, providerId, rawId] = /^([a-z]+):(.+)$/.exec(idOf(user) ?? '') ?? []
  return builtInProviders.some(({ id }) => id === providerId) ? [{ providerId, rawId }] : []
}

/** What `firebase auth:export` gives, or `listUsers()` of the Admin SDK as JSON. */
export const firebase: Source = {
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
  accountsIn: (user) => [
    ...(list(user, 'provideruserinfo').length > 0 ? [] : firebaseColumns(user)),
    ...list(user, 'providerdata').map((info) => ({ ...object(info) })),
    ...customAccount(user),
  ],
  person: (user) => ({
    id: idOf(user),
    email: text(user, 'email'),
    ...profileIn(user),
    createdAt: moment(user, 'createdat') ?? moment(inner(user, 'metadata'), 'creationtime'),
    isDisabled: flag(user, 'disabled'),
    ...NEITHER,
  }),
  account: (info) => ({
    userId: null,
    // What a project called a provider of its own: `oidc.kakao`.
    provider: (text(info, 'providerid') ?? '').replace(/^oidc\./, ''),
    subject: text(info, 'rawid', 'uid'),
    issuer: null,
    claims: {},
    email: text(info, 'email'),
    ...profileIn(info),
    linkedAt: null,
    lastLoginAt: null,
  }),
}
