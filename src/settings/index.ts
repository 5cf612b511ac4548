import { z } from 'zod'
import { type Client, TOKEN_ALGS, type TokenAlg } from '../core/client/client.ts'
import type { Brand } from '../core/pages/brand.ts'
import type { StoreTokens } from '../core/provider/provider-tokens.ts'
import type { ForwardProxies } from '../core/settings/forward-proxy.ts'
import { pathOf } from '../core/settings/public-url.ts'
import { isLoopbackHost } from '../core/settings/urls.ts'
import { readBrand } from './parts/brand.ts'
import { readClients } from './parts/clients.ts'
import { readDatabaseUrl } from './parts/database.ts'
import { type EventSettings, readEventSettings } from './parts/events.ts'
import { readForwardProxies } from './parts/forward-proxies.ts'
import { type PeopleSettings, readPeople } from './parts/people.ts'
import {
  type ProviderSettings,
  providersToEmulate,
  readProviderSettings,
  readStoreTokens,
} from './parts/providers.ts'
import { readTraces, type TraceSettings } from './parts/traces.ts'
import { trustedProviders } from './parts/trust.ts'
import { type Environment, Reader } from './reader.ts'

/** Everything that the environment sets. */
export interface Settings {
  port: number
  host: string
  /** It may have a path, without a slash at the end; the only source of Latchkey's own URLs. */
  publicUrl: string
  /** Whether other machines are served: then no setting is made up, and no provider emulated. */
  isPublic: boolean
  database: { url: string | null; connections: number; prepare: boolean }
  /** The folder for Latchkey's own data: the secret and the embedded database. */
  dataDir: string
  /** All of them open seals, the first one seals; null: one is made and kept in the data folder. */
  secrets: string[] | null
  clients: Client[]
  /** Whether a flow without a redirect_uri is answered with the tokens themselves. */
  directAnswer: boolean
  providers: ProviderSettings[]
  /** Ids of the providers that the emulator plays. */
  emulate: string[]
  /** Whether the tokens of an emulated provider are kept, by its id. */
  emulatedStoreTokens: Readonly<Record<string, StoreTokens>>
  people: PeopleSettings
  /** Ids of providers whose verified e-mail may link an identity to an existing user. */
  trustedProviders: string[]
  accessTokenTtlSeconds: number
  refreshTokenTtlSeconds: number
  sessionTtlSeconds: number
  /** A further session ends the one that was unused the longest. */
  sessionsPerUser: number
  tokenAudience: string
  /** The algorithm of access tokens. */
  signingAlg: TokenAlg
  signingKeyRotationSeconds: number
  /** Addresses and CIDRs of proxies whose X-Forwarded-For is believed. */
  trustProxy: string[]
  /** The proxies for calls to providers and webhooks. */
  forwardProxies: ForwardProxies
  /** Whether requests are limited by address. */
  rateLimit: boolean
  logLevel: string
  /** Null: readable on a terminal, else JSON lines. */
  logFormat: 'json' | 'pretty' | null
  /** Whether HOST was given: in a container its default cannot be reached from outside. */
  isHostGiven: boolean
  /** Whether `/metrics` is served. */
  metrics: boolean
  /** Null where no traces are sent. */
  traces: TraceSettings | null
  events: EventSettings
  /** Of the pages. */
  brand: Brand
}

/** The settings are invalid. `message` lists every problem and shows no secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly string[]
  constructor({ problems, needs, words }: Pick<Reader, 'problems' | 'needs' | 'words'>) {
    const all = [...new Set(problems)]
    const isNeed = (line: string) => needs?.problems.has(line) === true
    const lines = (title: string, some: readonly string[]) =>
      some.length === 0 ? [] : [title, ...some.map((line) => `  - ${line}`)]
    super(
      [
        ...lines(
          words.cannotStart,
          all.filter((line) => !isNeed(line)),
        ),
        ...lines(needs?.title ?? '', all.filter(isNeed)),
        words.explained,
      ].join('\n'),
    )
    this.problems = all
  }
}

/** Reads and checks the whole environment. Throws one SettingsError that names every problem. */
export function readSettings(env: Environment): Settings {
  const reader = new Reader(env)
  const settings = collectSettings(reader)
  if (reader.problems.length > 0) throw new SettingsError(reader)
  return settings
}

/**
 * Reads and checks the environment of `reader`. Its `problems` then say what is wrong; invalid
 * settings have their defaults.
 */
export function collectSettings(reader: Reader): Settings {
  const port = reader.integer('PORT', 3000, 1, 65_535)
  const host = reader.text('HOST') ?? 'localhost'
  const publicUrl = readPublicUrl(reader, port)
  const isPublic =
    reader.text('NODE_ENV') === 'production' ||
    (publicUrl !== null && !isLoopbackHost(publicUrl.hostname))
  const isLoopback = publicUrl === null || isLoopbackHost(publicUrl.hostname)
  const ownUrl = publicUrl === null ? 'http://localhost' : publicUrl.origin + pathOf(publicUrl.href)

  const providers = readProviderSettings(reader)
  const emulate = providersToEmulate(reader, providers, isPublic)
  if (emulate.length > 0 && isPublic) {
    reader.refuse('emulatePublic')
  } else if (emulate.length > 0 && !isLoopbackHost(host)) {
    reader.refuse('emulateHost', host)
  }
  const settings: Settings = {
    port,
    host,
    publicUrl: ownUrl,
    isPublic,
    database: {
      url: readDatabaseUrl(reader),
      connections: reader.integer('DATABASE_POOL', 10, 1, 1000),
      prepare: reader.isOn('DATABASE_PREPARE', 'on'),
    },
    dataDir: reader.text('DATA_DIR') ?? '.data',
    secrets: readSecrets(reader),
    clients: readClients(reader, ownUrl, isPublic),
    directAnswer: reader.isOn('DIRECT_ANSWER', isLoopback ? 'on' : 'off'),
    providers,
    emulate,
    emulatedStoreTokens: Object.fromEntries(emulate.map((id) => [id, readStoreTokens(reader, id)])),
    people: readPeople(reader),
    trustedProviders: trustedProviders(reader, providers),
    accessTokenTtlSeconds: reader.duration('ACCESS_TOKEN_TTL', '10m'),
    refreshTokenTtlSeconds: reader.duration('REFRESH_TOKEN_TTL', '14d'),
    sessionTtlSeconds: reader.duration('SESSION_TTL', '30d'),
    sessionsPerUser: reader.integer('SESSIONS_PER_USER', 100, 1, 10_000),
    tokenAudience: reader.text('TOKEN_AUDIENCE') ?? ownUrl,
    signingAlg: reader.choice('SIGNING_ALG', TOKEN_ALGS, 'ES256'),
    signingKeyRotationSeconds: reader.duration('SIGNING_KEY_ROTATION', '90d'),
    trustProxy: readTrustProxy(reader),
    forwardProxies: readForwardProxies(reader),
    rateLimit: reader.isOn('RATE_LIMIT', 'on'),
    logLevel: reader.choice(
      'LOG_LEVEL',
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'info',
    ),
    logFormat: reader.text('LOG_FORMAT')
      ? reader.choice('LOG_FORMAT', ['json', 'pretty'], 'json')
      : null,
    isHostGiven: reader.text('HOST') !== undefined,
    metrics: reader.isOn('METRICS', 'off'),
    traces: readTraces(reader),
    events: readEventSettings(reader),
    brand: readBrand(reader),
  }
  if (isPublic) requireForProduction(reader, settings, publicUrl)
  return settings
}

function requireForProduction(reader: Reader, settings: Settings, publicUrl: URL | null) {
  const { words } = reader
  const missing: string[] = []
  if (!reader.text('PUBLIC_URL')) missing.push(words.publicUrlMissing)
  else if (publicUrl !== null && publicUrl.protocol !== 'https:') missing.push(words.publicUrlHttps)
  if (!reader.text('SECRET')) missing.push(words.secretMissing)
  if (!reader.text('DATABASE_URL')) missing.push(words.databaseUrlMissing)
  if (settings.providers.length === 0) missing.push(words.noProvider)
  const isProduction = reader.text('NODE_ENV') === 'production'
  reader.problems.push(...missing)
  reader.needs = {
    title: isProduction ? words.productionNeeds : words.publicNeeds,
    problems: new Set(missing),
  }
}

function readPublicUrl(reader: Reader, port: number): URL | null {
  const text = reader.text('PUBLIC_URL') ?? `http://localhost:${port}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    reader.refuse('publicUrl')
    return null
  }
  const isPath = /^\/(?:[\w.~-]+\/)*(?:[\w.~-]+)?$/.test(url.pathname)
  if (!isPath || url.search || url.hash || url.username || url.password) {
    reader.refuse('publicUrlParts')
  }
  return url
}

function readSecrets(reader: Reader): string[] | null {
  if (reader.text('SECRET') === undefined) return null
  const secrets = reader.list('SECRET')
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32)) {
    reader.refuse('secretShort')
  }
  return secrets
}

const ProxyAddress = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

function readTrustProxy(reader: Reader): string[] {
  const addresses = reader.list('TRUST_PROXY')
  if (addresses.length === 1 && addresses[0] === 'off') return []
  // Trusting all addresses would mean to believe everybody.
  const isOne = (text: string) => ProxyAddress.safeParse(text).success && !text.endsWith('/0')
  if (!addresses.every(isOne)) {
    reader.refuse('trustProxy')
  }
  return addresses
}
