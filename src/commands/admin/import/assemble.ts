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

/** What an export says of one person, with the places where it stands. */
export type Piece = (PersonPart | AccountPart) & { at: string }

/** Why something is not taken. */
export type LeftReason =
  | ImportRefusal
  | Exclude<KeyProblem, 'not_social'>
  | 'malformed'
  | 'not_text'
  | 'not_storable'
  | 'no_social_identity'
  | 'no_person'
  | 'deleted_there'

/** Something of an export that is not taken. */
export interface Left {
  at: string
  /** The person's id over there. */
  id: string | null
  provider: string | null
  subject: string | null
  reason: LeftReason
}

/** A user fit to be imported, and where each identity stands. */
export interface Assembled {
  at: string
  /** The person's id over there; null where there is none. */
  oldId: string | null
  user: ImportedUser
  places: ReadonlyMap<ImportedIdentity, string>
}

/**
 * A UUIDv7 that is the same at each import of the same person: its time is when the person signed up over
 * there, its rest a hash of who it is.
 */
function idOf(createdAt: string | null, ...who: string[]): string {
  const random = createHash('sha256')
    .update(JSON.stringify(['import', ...who]))
    .digest()
  const msecs = createdAt === null ? 0 : Date.parse(createdAt)
  return uuidv7({ msecs, random, seq: random.readUInt32BE(16) })
}

/** Whether an id over there may stay: people of another Latchkey keep theirs. */
const isOwn = (source: string, id: string) =>
  source === 'latchkey' && validate(id) && version(id) === 7

/** Makes a user of what an export says of one person, and says what of it is not taken. */
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
  // What no account says is what the system had of the first one: its provider's word goes over it later.
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
