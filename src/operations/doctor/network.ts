import type { ProviderRow } from '../../core/provider.ts'
import { isSafeEndpoint } from '../../core/urls.ts'
import { ERROR_CODES, readErrorCode } from './error-codes.ts'
import { type Finding, info, ok, warning, wrong } from './findings.ts'
import type { DoctorLanguage, DoctorTexts } from './texts.ts'

/** One provider as the network checks need it. */
export interface Registration {
  row: ProviderRow
  clientId: string
  /** Made when it is needed: some providers' secrets are signed for the moment. */
  clientSecret: () => Promise<string>
  redirectUri: string
}

const TIMEOUT_MS = 8_000
/** Seconds of difference from which ID tokens are refused, and from which it is worth a word. */
const SKEW_WRONG = 60
const SKEW_WORTH_A_WORD = 20

/** Some providers say these of a wrong code, and of a wrong secret too. */
const AMBIGUOUS = ['invalid_request', '100']

interface Answer {
  status: number
  document: unknown
  /** Seconds that the provider's clock is ahead of ours. */
  skew: number | null
}

/** Asks a provider what only it knows. A made-up code is shown to it, which changes nothing there. */
export async function checkNetwork(
  { row, clientId, clientSecret, redirectUri }: Registration,
  language: DoctorLanguage,
  words: DoctorTexts,
): Promise<Finding[]> {
  const found: Finding[] = []
  const skews: number[] = []
  const ask = async (
    what: string,
    url: string | undefined,
    body?: URLSearchParams,
    auth?: string,
  ) => {
    if (url === undefined) return null
    // Also without the control characters that a text from outside may hold.
    const { href } = new URL(url)
    try {
      const answer = await call(href, body, auth)
      if (answer.skew !== null) skews.push(answer.skew)
      return answer
    } catch (error) {
      found.push(wrong(words.notReached(`${what} ${href}`, reasonOf(error))))
      return null
    }
  }
  /** A public document, which must be a JSON object. */
  const read = async (what: string, url: string | undefined) => {
    const answer = await ask(what, url)
    if (answer === null) return null
    if (answer.status !== 200 || answer.document === null) {
      const why = answer.status === 200 ? 'not JSON' : `HTTP ${answer.status}`
      found.push(wrong(words.notReached(`${what} ${url}`, why)))
      return null
    }
    found.push(ok(words.reached(`${what} ${url}`)))
    return answer.document as Record<string, unknown>
  }

  const place = row.discovery
    ? `${row.issuer?.replace(/\/$/, '')}/.well-known/openid-configuration`
    : undefined
  const metadata = (await read('Discovery', place)) ?? {}
  const names: unknown[] = [row.issuer, ...(row.issuerAliases ?? [])]
  const isOther = row.issuerOf === undefined && !names.includes(metadata.issuer)
  if (row.discovery && Object.keys(metadata).length > 0 && isOther) {
    found.push(wrong(words.otherIssuer(row.issuer ?? '', printable(metadata.issuer))))
    // What it names is not asked: the secret is for this issuer only.
    return found
  }
  const endpoint = (name: string) => {
    const own = row.endpoints[name] ?? metadata[name]
    return typeof own === 'string' && isSafeEndpoint(own) ? own : undefined
  }
  const usesIdToken =
    row.idToken === 'required' || (row.idToken === 'with-openid' && row.scopes.includes('openid'))
  if (usesIdToken) {
    const keys = await read('JWKS', endpoint('jwks_uri'))
    if (keys !== null && !(Array.isArray(keys.keys) && keys.keys.length > 0)) {
      found.push(wrong(words.noKeys))
    }
  }

  const secret = await clientSecret().catch(() => null)
  if (secret === null) {
    found.push(wrong(words.noSecret))
    return found
  }
  const methods = metadata.token_endpoint_auth_methods_supported
  const isBasic =
    row.clientAuth === 'client_secret_basic' ||
    (row.clientAuth === 'metadata' &&
      !(Array.isArray(methods) && methods.includes('client_secret_post')))
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'latchkey-doctor-made-this-up',
    redirect_uri: redirectUri,
    ...(isBasic ? {} : { client_id: clientId, client_secret: secret }),
    ...(row.pkce ? { code_verifier: 'latchkey-doctor-made-this-verifier-up-0000000' } : {}),
  })
  const encoded = [clientId, secret].map(encodeURIComponent).join(':')
  const auth = isBasic ? `Basic ${Buffer.from(encoded).toString('base64')}` : undefined
  const answer = await ask('Token endpoint', endpoint('token_endpoint'), form, auth)
  if (answer !== null) found.push(judge(row, answer, language, words))

  const skew = Math.round(skews.sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0)
  if (Math.abs(skew) > SKEW_WRONG) found.push(wrong(words.skew(skew)))
  else if (Math.abs(skew) > SKEW_WORTH_A_WORD) found.push(warning(words.skew(skew)))
  return found
}

/** What the refusal of a made-up code says of the credentials. */
function judge(
  row: ProviderRow,
  answer: Answer,
  language: DoctorLanguage,
  words: DoctorTexts,
): Finding {
  const code = readErrorCode(answer.document)
  const known = code !== null && Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code] : undefined
  const isRefused =
    code !== null && !AMBIGUOUS.includes(code) && row.refusedCodeErrors.includes(code)
  if (isRefused || known?.means === 'credentials-accepted') return ok(words.accepted)
  // Only codes of our own list are repeated: any other text may echo what it was sent.
  if (code === null || known === undefined) return info(words.cannotTell(`HTTP ${answer.status}`))
  if (known.means === 'other') return info(words.cannotTell(code))
  return wrong(words.refused(code, known[language]))
}

async function call(url: string, body?: URLSearchParams, auth?: string): Promise<Answer> {
  const before = Date.now()
  const response = await fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json', ...(auth === undefined ? {} : { authorization: auth }) },
    ...(body === undefined ? {} : { method: 'POST', body }),
  })
  const date = Date.parse(response.headers.get('date') ?? '')
  const middle = (before + Date.now()) / 2
  const text = (await response.text()).slice(0, 1024 * 1024)
  return {
    status: response.status,
    document: parse(text),
    // The header has whole seconds.
    skew: Number.isNaN(date) ? null : (date + 500 - middle) / 1000,
  }
}

function parse(text: string): object | null {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' ? document : null
  } catch {
    return null
  }
}

/** A text from outside as it may stand on a terminal. */
const printable = (text: unknown) =>
  typeof text === 'string' && /^[\x21-\x7e]{1,200}$/.test(text) ? text : '?'

/** Why a call failed: a code, never a text from outside. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } }
  if (name === 'TimeoutError') return `no answer in ${TIMEOUT_MS / 1000} s`
  return typeof cause?.code === 'string' ? cause.code : 'no connection'
}
