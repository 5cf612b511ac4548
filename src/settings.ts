import { z } from 'zod'
import { readClients } from './client-settings.ts'
import type { Client } from './core/client.ts'
import type { LinkingMode } from './core/linking.ts'
import type { OperatorLanguage } from './core/operator-texts.ts'
import { isLoopbackHost } from './core/urls.ts'
import {
  type ProviderSettings,
  providersToEmulate,
  readProviderSettings,
  trustedProviders,
} from './provider-settings.ts'
import { type SettingsTexts, settingsTexts } from './settings-texts.ts'

/** Algorithms that Latchkey's own tokens can be signed with. */
export type SigningAlg = 'ES256' | 'RS256' | 'EdDSA'

/** All that the environment decides. */
export interface Settings {
  port: number
  host: string
  /** Without a slash at the end; the only source of Latchkey's own URLs. */
  publicUrl: string
  database: { url: string | null; connections: number; prepare: boolean }
  /** The folder for what Latchkey keeps itself when it is given nothing. */
  dataDir: string
  /** The first seals, all open; null: made and kept in the data folder. */
  secrets: string[] | null
  clients: Client[]
  providers: ProviderSettings[]
  /** Ids of the providers that the emulator plays. */
  emulate: string[]
  linking: LinkingMode
  /** Providers whose verified flag may join an identity to an existing user. */
  trustedProviders: string[]
  accessTokenTtlSeconds: number
  refreshTokenTtlSeconds: number
  sessionTtlSeconds: number
  tokenAudience: string
  signingAlg: SigningAlg
  signingKeyRotationSeconds: number
  /** Addresses and CIDRs of proxies whose X-Forwarded-For is believed. */
  trustProxy: string[]
  logLevel: string
}

/** Settings that cannot be served with; `message` lists every problem and prints no secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `Latchkey cannot start with these settings:\n${problems.map((line) => `  - ${line}`).join('\n')}\n` +
        'Each setting is explained in .env.example.',
    )
    this.problems = problems
  }
}

/** The environment as it is read: a value that is empty counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>

const DURATION_UNITS = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds, from one second to ten years; null where the text is no duration. */
function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS]
  return seconds >= 1 && seconds <= 3_650 * 86_400 ? seconds : null
}

/** Reads one setting after the other and collects what is wrong instead of stopping at the first. */
export class Reader {
  readonly problems: string[] = []
  /** The names of all settings that were asked for. */
  readonly names = new Set<string>()
  readonly language: OperatorLanguage
  readonly words: SettingsTexts
  readonly #env: Environment

  constructor(env: Environment, language: OperatorLanguage = 'en') {
    this.#env = env
    this.language = language
    this.words = settingsTexts[language]
  }

  /** The value without the spaces around it, undefined where it is not set or empty. */
  text(name: string): string | undefined {
    this.names.add(name)
    const value = this.#env[name]?.trim()
    return value === '' ? undefined : value
  }

  /** Whether the variable is there at all, even if empty. */
  isGiven(name: string): boolean {
    this.names.add(name)
    return this.#env[name] !== undefined
  }

  list(name: string, separator: RegExp = /,/): string[] {
    const parts = (this.text(name) ?? '').split(separator).map((part) => part.trim())
    return parts.filter((part) => part !== '')
  }

  choice<const Choices extends readonly string[]>(
    name: string,
    choices: Choices,
    fallback: Choices[number],
  ): Choices[number] {
    const value = this.text(name)
    if (value === undefined) return fallback
    if (choices.includes(value)) return value
    this.problems.push(this.words.choice(name, choices.join(', ')))
    return fallback
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (parsed >= min && parsed <= max) return parsed
    this.problems.push(this.words.integer(name, min, max))
    return fallback
  }

  /** Seconds, from `90s`, `10m`, `12h`, `14d`. */
  duration(name: string, fallback: string): number {
    const seconds = parseDuration(this.text(name) ?? fallback)
    if (seconds !== null) return seconds
    this.problems.push(this.words.duration(name))
    return parseDuration(fallback) ?? 0
  }
}

/**
 * Reads and checks the whole environment. Throws one SettingsError that names every problem. Nobody
 * else reads process.env.
 */
export function readSettings(env: Environment): Settings {
  const reader = new Reader(env)
  const settings = collectSettings(reader)
  if (reader.problems.length > 0) throw new SettingsError([...new Set(reader.problems)])
  return settings
}

/** The same without throwing: `reader.problems` says what is wrong, defaults stand in for it. */
export function collectSettings(reader: Reader): Settings {
  const port = reader.integer('PORT', 3000, 1, 65_535)
  const host = reader.text('HOST') ?? 'localhost'
  const publicUrl = readPublicUrl(reader, port)
  const isPublic =
    reader.text('NODE_ENV') === 'production' ||
    (publicUrl !== null && !isLoopbackHost(publicUrl.hostname))
  const origin = publicUrl?.origin ?? 'http://localhost'

  const providers = readProviderSettings(reader)
  const emulate = providersToEmulate(reader, providers, isPublic)
  if (emulate.length > 0 && isPublic) {
    reader.problems.push(reader.words.emulatePublic)
  } else if (emulate.length > 0 && !isLoopbackHost(host)) {
    reader.problems.push(reader.words.emulateHost(host))
  }
  const settings: Settings = {
    port,
    host,
    publicUrl: origin,
    database: {
      url: readDatabaseUrl(reader),
      connections: reader.integer('DATABASE_POOL', 10, 1, 1000),
      prepare: reader.choice('DATABASE_PREPARE', ['on', 'off'], 'on') === 'on',
    },
    dataDir: reader.text('DATA_DIR') ?? '.data',
    secrets: readSecrets(reader),
    clients: readClients(reader, origin, isPublic),
    providers,
    emulate,
    linking: reader.choice('ACCOUNT_LINKING', ['verified', 'explicit'], 'verified'),
    trustedProviders: trustedProviders(providers),
    accessTokenTtlSeconds: reader.duration('ACCESS_TOKEN_TTL', '10m'),
    refreshTokenTtlSeconds: reader.duration('REFRESH_TOKEN_TTL', '14d'),
    sessionTtlSeconds: reader.duration('SESSION_TTL', '30d'),
    tokenAudience: reader.text('TOKEN_AUDIENCE') ?? origin,
    signingAlg: reader.choice('SIGNING_ALG', ['ES256', 'RS256', 'EdDSA'], 'ES256'),
    signingKeyRotationSeconds: reader.duration('SIGNING_KEY_ROTATION', '90d'),
    trustProxy: readTrustProxy(reader),
    logLevel: reader.choice(
      'LOG_LEVEL',
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'info',
    ),
  }
  if (isPublic) requireForProduction(reader, settings, publicUrl)
  return settings
}

function requireForProduction(reader: Reader, settings: Settings, publicUrl: URL | null) {
  const { problems, words } = reader
  const why = words.production
  if (!reader.text('PUBLIC_URL')) problems.push(words.publicUrlMissing(why))
  else if (publicUrl !== null && publicUrl.protocol !== 'https:') {
    problems.push(words.publicUrlHttps(why))
  }
  if (!reader.text('SECRET')) problems.push(words.secretMissing(why))
  if (!reader.text('DATABASE_URL')) problems.push(words.databaseUrlMissing(why))
  if (settings.providers.length === 0) problems.push(words.noProvider(why))
}

function readPublicUrl(reader: Reader, port: number): URL | null {
  const text = reader.text('PUBLIC_URL') ?? `http://localhost:${port}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    reader.problems.push(reader.words.publicUrl)
    return null
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    reader.problems.push(reader.words.publicUrlOrigin)
  }
  return url
}

function readDatabaseUrl(reader: Reader): string | null {
  const url = reader.text('DATABASE_URL')
  if (url === undefined) return null
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    reader.problems.push(reader.words.databaseUrl)
  }
  return url
}

function readSecrets(reader: Reader): string[] | null {
  if (reader.text('SECRET') === undefined) return null
  const secrets = reader.list('SECRET')
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32)) {
    reader.problems.push(reader.words.secretShort)
  }
  return secrets
}

const ProxyAddress = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

function readTrustProxy(reader: Reader): string[] {
  const addresses = reader.list('TRUST_PROXY')
  if (addresses.length === 1 && addresses[0] === 'off') return []
  if (addresses.some((address) => !ProxyAddress.safeParse(address).success)) {
    reader.problems.push(reader.words.trustProxy)
  }
  return addresses
}
