import { type Loose, text } from './fields.ts'

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
  /** Accounts that the person's own columns tell, beside those in lists. */
  accountsIn?(record: Loose): object[]
  /** What the columns of a CSV file are, where its first line does not say it. */
  columns?: readonly string[]
  person(record: Loose): { id: string | null } & Omit<PersonPart, 'kind'>
  /** The claims of an account are what its provider said of it. */
  account(record: Loose): { userId: string | null } & Omit<AccountPart, 'kind'>
}

/** What most systems do not tell of a person. */
export const NEITHER = { isDeleted: false, isEdited: false }

/** What a system kept of a person, under the names that providers and it use. */
export const profileIn = (said: Loose) => ({
  name: text(said, 'fullname', 'name', 'displayname', 'username'),
  picture: text(said, 'avatarurl', 'picture', 'photourl', 'image'),
  locale: text(said, 'locale'),
})
