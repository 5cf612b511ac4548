import { createHash } from 'node:crypto'
import { v7 as uuidv7, validate, version } from 'uuid'
import type {
  ImportedIdentity,
  ImportedUser,
  ImportRefusal,
} from '../../../core/identity/import.ts'
import { cleanEmail, cleanLocale, cleanPicture, cleanText } from '../../../core/text.ts'
import type { createKeys, KeyProblem } from './keys.ts'
import type { AccountPart, PersonPart } from './source.ts'

/** What an export says about one person, with the places in its files. */
export type Piece = (PersonPart | AccountPart) & { at: string }

/** Why something is not imported. */
export type LeftReason =
  | ImportRefusal
  | Exclude<KeyProblem, 'not_social'>
  | 'malformed'
  | 'not_text'
  | 'not_storable'
  | 'no_social_identity'
  | 'no_person'
  | 'deleted_there'

/** A part of an export that is not imported. */
export interface Left {
  at: string
  /** The person's id in the other system. */
  id: string | null
  provider: string | null
  subject: string | null
  reason: LeftReason
}

/** A user ready to import, and where in the files each identity is. */
export interface Assembled {
  at: string
  /** The person's id in the other system; null where there is none. */
  oldId: string | null
  user: ImportedUser
  places: ReadonlyMap<ImportedIdentity, string>
}

/**
 * A UUIDv7 that is the same in each import of the same person: its time is when they signed up in
 * the other system, the rest a hash of their identity.
 */
function idOf(createdAt: string | null, ...who: string[]): string {
  const random = createHash('sha256')
    .update(JSON.stringify(['import', ...who]))
    .digest()
  const msecs = createdAt === null ? 0 : Date.parse(createdAt)
  return uuidv7({ msecs, random, seq: random.readUInt32BE(16) })
}

/** Whether an id of the other system can be kept: users of another Latchkey keep theirs. */
const isOwn = (source: string, id: string) =>
  source === 'latchkey' && validate(id) && version(id) === 7

/** Makes a user from what an export says about one person, and lists what is not imported. */
export function assemble(
  pieces: readonly Piece[],
  {
    source,
    oldId,
    keyOf,
  }: { source: string; oldId: string | null; keyOf: ReturnType<typeof createKeys> },
): { user: Assembled | null; left: Left[] } {
  const left: Left[] = []
  const person = pieces.find((piece) => piece.kind === 'person')
  const accounts = pieces.filter((piece) => piece.kind === 'account')
  const leave = (at: string, reason: LeftReason, account?: AccountPart) => {
    const { provider = null, subject = null } = account ?? {}
    left.push({ at, id: oldId, provider, subject, reason })
  }
  if (person === undefined) {
    for (const account of accounts) leave(account.at, 'no_person', account)
    return { user: null, left }
  }
  if (person.isDeleted) {
    leave(person.at, 'deleted_there')
    return { user: null, left }
  }
  const places = new Map<ImportedIdentity, string>()
  const seen = new Set<string>()
  for (const account of accounts) {
    const key = keyOf(account)
    if (key === 'not_social') continue
    if (typeof key === 'string') {
      leave(account.at, key, account)
      continue
    }
    const name = JSON.stringify([key.provider, key.issuer, key.subject])
    if (seen.has(name)) continue
    seen.add(name)
    const linkedAt = account.linkedAt ?? person.createdAt
    places.set(
      {
        ...key,
        email: cleanEmail(account.email),
        name: cleanText(account.name),
        picture: cleanPicture(account.picture),
        locale: cleanLocale(account.locale),
        linkedAt,
        lastLoginAt: account.lastLoginAt ?? linkedAt,
      },
      account.at,
    )
  }
  const [first] = places.keys()
  if (first === undefined) {
    if (left.length === 0) leave(person.at, 'no_social_identity')
    return { user: null, left }
  }
  const said = {
    name: cleanText(person.name),
    picture: cleanPicture(person.picture),
    locale: cleanLocale(person.locale),
  }
  // Values that no account has come from the person's own columns and go to the first account; the
  // provider's own values replace them at the next login.
  if (!person.isEdited) {
    first.name ??= said.name
    first.picture ??= said.picture
    first.locale ??= said.locale
  }
  const email = cleanEmail(person.email)
  if (![...places.keys()].some((identity) => identity.email !== null)) first.email = email
  const anyway = idOf(person.createdAt, source, oldId ?? '', [...seen][0] ?? '')
  const id = oldId === null ? anyway : idOf(person.createdAt, source, oldId)
  const givesEmail = (identity: ImportedIdentity) =>
    identity.email === null ? 2 : identity.email === email ? 0 : 1
  const identities = [...places.keys()].sort((a, b) => givesEmail(a) - givesEmail(b))
  return {
    user: {
      at: person.at,
      oldId,
      places,
      user: {
        ids: [oldId !== null && isOwn(source, oldId) ? oldId.toLowerCase() : id, anyway],
        ...(person.isEdited ? said : { name: null, picture: null, locale: null }),
        createdAt: person.createdAt,
        isDisabled: person.isDisabled,
        identities,
      },
    },
    left,
  }
}
