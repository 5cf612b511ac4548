import { type Loose, text } from './fields.ts'

/** A person as in an export. */
export interface PersonPart {
  kind: 'person'
  email: string | null
  name: string | null
  picture: string | null
  locale: string | null
  /** Whether name, picture and locale are the person's own edits, and not the provider's values. */
  isEdited: boolean
  createdAt: string | null
  isDisabled: boolean
  isDeleted: boolean
}

/** A person's account as in an export. */
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
  /** The names of the tables of people and of accounts in a document. */
  people: readonly string[]
  accounts: readonly string[]
  /** The member of a person that lists the accounts, if they are not in their own table. */
  nested: string
  /** Accounts in the person's own columns, beside those in lists. */
  accountsIn?(record: Loose): object[]
  /** The columns of a CSV file whose first line does not name them. */
  columns?: readonly string[]
  person(record: Loose): { id: string | null } & Omit<PersonPart, 'kind'>
  /** Reads an account; its claims are what its provider said about it. */
  account(record: Loose): { userId: string | null } & Omit<AccountPart, 'kind'>
}

/** For systems that do not say these things about a person, as most. */
export const NEITHER = { isDeleted: false, isEdited: false }

/** What a system stored about a person, under the names that providers and the system use. */
export const profileIn = (said: Loose) => ({
  name: text(said, 'fullname', 'name', 'displayname', 'username'),
  picture: text(said, 'avatarurl', 'picture', 'photourl', 'image'),
  locale: text(said, 'locale'),
})
