import { z } from 'zod'
import { readClients } from './client-settings.ts'
import type { Client } from './core/client.ts'
import type { LinkingMode } from './core/linking.ts'
import { isLoopbackHost } from './core/urls.ts'
import {
  type ProviderSettings,
  providersToEmulate,
  readProviderSettings,
  trustedProviders,
} from './provider-settings.ts'

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

/** Reads one setting after the other and collects what is wrong instead of stopping at the first. */
export class Reader {
  readonly problems: string[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** The value without the spaces around it, undefined where it is not set or empty. */
  text(name: string): string | undefined {
    const value = this.#env[name]?.trim()
    return value === '' ? undefined : value
  }

  /** Whether the variable is there at all, even if empty. */
  isGiven(name: string): boolean {
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
    this.problems.push(`${name} must be one of ${choices.join(', ')}.`)
    return fallback
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (parsed >= min && parsed <= max) return parsed
    this.problems.push(`${name} must be a whole number from ${min} to ${max}.`)
    return fallback
  }

  /** Seconds, from `90s`, `10m`, `12h`, `14d`. */
  duration(name: string, fallback: string): number {
    const value = this.text(name) ?? fallback
    const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(value) ?? []
    const seconds = Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS]
    if (seconds >= 1 && seconds <= 3_650 * 86_400) return seconds
    this.problems.push(`${name} must be a duration such as 90s, 10m, 12h or 14d.`)
    return this.duration('', fallback)
  }
}

/**
 * Reads and checks the whole environment. Throws one SettingsError that names every problem. Nobody
 * else reads process.env.
 */
export function readSettings(env: Environment): Settings {
  const reader = new Reader(env)
  const port = reader.integer('PORT', 3000, 1, 65_535)
  const host = reader.text('HOST') ?? 'localhost'
  const publicUrl = readPublicUrl(reader, port)
  const isPublic =
    env.NODE_ENV === 'production' || (publicUrl !== null && !isLoopbackHost(publicUrl.hostname))
  const origin = publicUrl?.origin ?? 'http://localhost'

  const providers = readProviderSettings(reader)
  const emulate = providersToEmulate(reader, providers, isPublic)
  if (emulate.length > 0 && isPublic) {
    reader.problems.push(
      'EMULATE must be empty: the provider emulator lets anybody sign in as anybody, so it serves only while PUBLIC_URL is on loopback and NODE_ENV is not production.',
    )
  } else if (emulate.length > 0 && !isLoopbackHost(host)) {
    reader.problems.push(
      `HOST is ${host}, which other machines can reach, but providers are emulated (anybody signs in as anybody). Set real provider keys, or HOST=localhost.`,
    )
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
  if (reader.problems.length > 0) throw new SettingsError([...new Set(reader.problems)])
  return settings
}

function requireForProduction(reader: Reader, settings: Settings, publicUrl: URL | null) {
  const why = 'needed where PUBLIC_URL is not on loopback or NODE_ENV is production'
  if (!reader.text('PUBLIC_URL')) {
    reader.problems.push(`PUBLIC_URL is missing (${why}): the https URL that browsers use.`)
  } else if (publicUrl !== null && publicUrl.protocol !== 'https:') {
    reader.problems.push(`PUBLIC_URL must be https (${why}).`)
  }
  if (!reader.text('SECRET')) {
    reader.problems.push(
      `SECRET is missing (${why}): for example the output of "openssl rand -base64 32".`,
    )
  }
  if (!reader.text('DATABASE_URL')) {
    reader.problems.push(
      `DATABASE_URL is missing (${why}): postgres://user:password@host:5432/name.`,
    )
  }
  if (settings.providers.length === 0) {
    reader.problems.push(
      `No provider is set (${why}): for example GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.`,
    )
  }
}

function readPublicUrl(reader: Reader, port: number): URL | null {
  const text = reader.text('PUBLIC_URL') ?? `http://localhost:${port}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    reader.problems.push(
      'PUBLIC_URL must be an http or https URL such as https://login.example.com.',
    )
    return null
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    reader.problems.push('PUBLIC_URL must be an origin only: no path, query, fragment or user.')
  }
  return url
}

function readDatabaseUrl(reader: Reader): string | null {
  const url = reader.text('DATABASE_URL')
  if (url === undefined) return null
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    reader.problems.push(
      'DATABASE_URL must look like postgres://user:password@host:5432/name (percent-encode special characters in the password).',
    )
  }
  return url
}

function readSecrets(reader: Reader): string[] | null {
  if (reader.text('SECRET') === undefined) return null
  const secrets = reader.list('SECRET')
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32)) {
    reader.problems.push(
      'SECRET must have at least 32 characters (each, where several are separated by commas).',
    )
  }
  return secrets
}

const ProxyAddress = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

function readTrustProxy(reader: Reader): string[] {
  const addresses = reader.list('TRUST_PROXY')
  if (addresses.length === 1 && addresses[0] === 'off') return []
  if (addresses.some((address) => !ProxyAddress.safeParse(address).success)) {
    reader.problems.push(
      'TRUST_PROXY must list IP addresses or CIDRs, for example 10.0.0.0/8, or be off.',
    )
  }
  return addresses
}
