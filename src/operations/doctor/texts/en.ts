import type { OperatorLanguage } from '../../../core/settings/operator-texts.ts'
import { counted } from '../../../core/text.ts'

/** The doctor's English texts; the other languages have the same ones. */
export const en = {
  language: 'en' as OperatorLanguage,
  usage: `Usage: npm run doctor [-- options]
  --lang en|ko       the language; by default from LC_ALL or LANG
  --offline          contacts neither the providers nor PUBLIC_URL, nor whom events are posted to
  --explain TEXT     explains the error codes in a provider's message, and what to do
`,

  settings: 'Settings',
  settingsGood: 'The server starts with these settings.',
  notEnabled: (ids: string) => `Not enabled, since <PROVIDER>_CLIENT_ID is not set: ${ids}.`,
  directAnswerOn:
    'DIRECT_ANSWER=on: a login without a redirect_uri is answered with the tokens themselves, in the browser of the person who signs in.',
  directAnswerOff:
    'A login without a redirect_uri is refused (DIRECT_ANSWER=off); each app has its CLIENT_<ID>_REDIRECT_URIS.',
  typo: (given: string, meant: string) => `${given} is not a setting. Did you mean ${meant}?`,
  withoutProvider: (given: string, id: string) => `${given} is set, but ${id} is missing.`,
  withoutList: (given: string, list: string, id: string) =>
    `${given} is set, but ${list} does not name "${id}".`,
  cut: (name: string) => `${name} in .env ends at a #: put the value between quotes.`,
  commented: (name: string) =>
    `What looks like a comment behind the value of ${name} is a part of it: only .env may have one there. If it is one, put it on a line of its own.`,
  asFile: (name: string) =>
    `${name} is not read: give the file’s content as ${name.replace(/_FILE$/, '')}.`,
  unread: (names: string) => `Latchkey does not read these names in .env: ${names}.`,
  weakSecret: 'SECRET uses few different characters. Make one with "openssl rand -base64 32".',

  proxies: 'Proxies',
  trustProxy:
    'TRUST_PROXY is off. Behind a reverse proxy, every request then seems to come from the proxy, and everyone shares one rate limit. Set it to the proxy’s address.',
  forwardProxy: (names: string) =>
    `Providers are called through the proxy in ${names}; this machine and the hosts in NO_PROXY are called directly.`,
  otherProxy: (name: string) => `${name} is set, but Latchkey does not read it: set HTTPS_PROXY.`,
  publicGood: (url: string) => `${url} can be reached, and Latchkey answers there.`,
  publicOther: (url: string) =>
    `${url} can be reached, but no Latchkey with this PUBLIC_URL answers there. Check where the reverse proxy sends requests.`,
  publicAway: (url: string, why: string) =>
    `${url} cannot be reached from here (${why}). That is fine while Latchkey is not running yet.`,

  hostInContainer:
    'HOST is not set, and this looks like a container: localhost cannot be reached from outside it. Set HOST=0.0.0.0.',
  database: 'Database',
  embedded: (folder: string) =>
    `Latchkey starts its own PostgreSQL server; the data is in ${folder}.`,
  databaseAway: (code: string, where: string) => `It cannot be used (${code}): ${where}.`,
  databaseOld: (version: string) => `PostgreSQL ${version} is too old: use 14 or newer.`,
  databaseGood: (version: string) => `Connected to PostgreSQL ${version}.`,
  databaseEncoding: (encoding: string) => `The database’s encoding is ${encoding}.`,
  databaseBytes:
    'The database’s encoding is SQL_ASCII, which checks no text. It works; UTF8 is what it should be.',
  migrationsPending: (count: number) =>
    count === 1
      ? '1 migration is pending; the next start applies it.'
      : `${count} migrations are pending; the next start applies them.`,
  migrationsDone: 'All migrations are applied.',
  migrationsNewer:
    'A newer Latchkey has migrated this database. Run that version, or restore a backup.',
  mayNotMigrate:
    'This user may not create schemas, so migrations fail. Make it the owner of the database (alter database … owner to …), or make the schemas latchkey and drizzle for it (create schema … authorization …).',
  tablesOfAnother: (owner: string) =>
    `The tables belong to another role (${owner}), so Latchkey does not start. Restore them as this user (pg_restore --no-owner), or, if it is a member of that role, let it act as it (alter role … set role = ${owner}).`,
  webhooksStopped:
    'WEBHOOK_URL answered 410, so no webhook is sent until it changes, or until `npm run admin -- outbox retry webhook`.',
  openSchema: (schema: string) =>
    `Everybody who may use this database may make functions in its schema ${schema}, which Latchkey would call behind a pooler: alter role … set search_path = pg_catalog.`,
  pooler: (port: string) =>
    `Port ${port} usually belongs to a pooler (PgBouncer). In transaction mode, set DATABASE_PREPARE=off.`,

  emulated: 'Emulated for development: there is nothing to register. For the real provider:',
  console: (url: string) => `Console: ${url}`,
  redirectUri: (uri: string) => `Redirect URI to register: ${uri}`,
  logoutUri: (uri: string) => `Logout redirect URI to register: ${uri}`,
  eventsUri: (uri: string) => `Address for the provider’s notifications: ${uri}`,
  eventsNeed: (name: string) => `Notifications are off until ${name} is set.`,
  eventsCommand: (command: string) => `Register it with: ${command}`,
  eventsRegistered: (to: string) => `The provider’s notifications go to ${to}.`,
  eventsElsewhere: (to: string) => `The provider’s notifications go to another address: ${to}.`,
  eventsNotRegistered: 'The provider’s notifications are not registered yet.',
  eventsStopped: (state: string) => `The provider has stopped sending notifications: ${state}.`,
  eventsNotAsked: (why: string) =>
    `Could not find out whether the provider’s notifications are registered: ${why}.`,
  keys: (place: string) => `Id and secret: ${place}`,
  also: (step: string) => `Also: ${step}`,
  scopes: (scopes: string, name: string) => `Asks for: ${scopes} (${name})`,
  quoted: (name: string) => `${name} is in quotes: remove them.`,
  placeholder: (name: string) =>
    `${name} is a placeholder, or was copied while it was hidden: put the real value there.`,
  blank: (name: string) => `${name} contains a space or a line break: copy it again.`,
  same: (id: string, secret: string) => `${id} and ${secret} are the same.`,
  mistaken: (name: string, what: string) => `${name} is ${what}.`,
  shape: (name: string, like: string) => `${name} does not look like ${like}.`,
  swapped: (id: string, secret: string) => `${id} and ${secret} look swapped.`,
  refusesUri: 'The provider does not accept this redirect URI.',

  reached: (what: string) => `${what} can be reached.`,
  notReached: (what: string, why: string) => `${what} cannot be used: ${why}.`,
  otherIssuer: (expected: string, found: string) =>
    `The discovery document is for ${found}, not for ${expected}.`,
  noKeys: 'The key set (JWKS) has no keys that can be used.',
  noSecret: 'The client secret cannot be made: the private key is not a PKCS #8 PEM key for ES256.',
  accepted: 'The provider accepts the client id and secret.',
  answers: (code: string) => `The provider answers ${code}.`,
  cannotTell: (code: string) =>
    `The answer does not show whether the id and secret are right (${code}).`,
  pageRefuses: (status: number) =>
    `The provider’s sign-in page answers HTTP ${status}: the client id or the redirect URI may not be registered.`,
  skew: (seconds: number) =>
    `This machine’s clock is ${seconds} s off the provider’s. Synchronize it with NTP, or ID tokens will be refused.`,
  notJson: 'the answer is not JSON',
  notUsable: 'the answer lacks what is needed',
  redirected: 'it redirects',
  tooLarge: 'the answer is larger than 1 MiB',
  status: (status: string) => `HTTP ${status}`,
  noAnswer: 'no answer in 10 s',
  noConnection: 'no connection',

  traces: 'Traces',
  tracesTo: (url: string, protocol: string) => `Traces are sent to ${url} (${protocol}).`,
  tracesNotInstalled:
    'The packages that send them are not installed: run `npm ci` without --omit=optional.',
  tracesDirect: 'The collector is called directly, and not through HTTPS_PROXY or HTTP_PROXY.',
  tracesTaken: 'A collector answers there.',
  tracesHeaders: (status: number) =>
    `Something answers there and asks who is calling (${status}). OTEL_EXPORTER_OTLP_HEADERS tells it; the doctor does not send these headers.`,
  tracesRefused: (status: number) =>
    `What answers there accepts no traces (${status}): check the path and the port, 4318 for OTLP over HTTP.`,
  tracesAway: (code: string) => `No collector can be reached there (${code}).`,

  receivers: 'Webhooks and logouts',
  receiverAnswers: (name: string, status: number) =>
    `${name} can be reached; it answers ${status} to an empty message.`,
  receiverRedirects: (name: string, status: number) =>
    `${name} redirects (${status}), which is not followed: set the URL that it leads to.`,
  receiverGone: (name: string) =>
    `${name} answers 410, so the first webhook stops all: set another URL, or mend the receiver.`,
  receiverRefuses: (name: string, status: number) =>
    `${name} answers ${status} to an empty message: check the path, and what listens there.`,
  receiverAway: (name: string, code: string) => `${name} cannot be reached from here (${code}).`,

  offline: 'Nothing was checked over the network (--offline).',
  unknownCode: (codes: string) => `That contains no known code. The known codes are:\n${codes}`,
  summary: (problems: number, warnings: number) =>
    `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}`,
}

/** The doctor's words in one language. */
export type DoctorTexts = typeof en
