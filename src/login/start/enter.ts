import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import type { ResolvedClient } from '../../core/client/client.ts'
import { type ErrorCode, LatchkeyError } from '../../core/errors.ts'
import { unknownProvider } from '../../core/provider/unknown-provider.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { shownUri } from '../../core/text.ts'
import { isBrowserNavigation, logProblem, toLatchkeyError } from '../../http/errors/problems.ts'
import type { RateLimit } from '../../http/limits.ts'
import { know } from '../../http/log/known.ts'
import { refusePrefetch } from '../../http/requests/prefetch.ts'
import { givenTwice } from '../../http/routes/query.ts'
import type { SendPage } from '../../http/send-page.ts'
import { type AnswerOptions, answerClient, failureParameters } from '../finish/answers.ts'
import type { Login } from '../login.ts'
import { searchOf } from '../ways-on/recovery-links.ts'
import { warnOfElsewhere } from './elsewhere.ts'
import { warnOfFetched } from './fetched.ts'
import {
  noDirectAnswer,
  type OpenedRequest,
  openRequest,
  type Parameters,
  readRequest,
} from './request.ts'
import { startLogin } from './start.ts'

/** What starting a login needs, at whichever provider. */
export interface EntryOptions extends AnswerOptions {
  /** Whether a flow may do without a redirect_uri. */
  directAnswer: boolean
  /** The login of an enabled provider. */
  find: (provider: string) => Login | undefined
  /** Counts a login that starts at a provider. Throws `rate_limited`. */
  limit: RateLimit
  isInAppBrowser: Login['isInAppBrowser']
  /** Sends the sign-in page with all providers. */
  sendSignInPage: SendPage<ResolvedClient & { asked: AuthorizationRequest }>
}

/**
 * A request to start a login: its parameters, and the provider that it names (undefined, a string,
 * or a list if it names several).
 */
export interface Entry {
  given: Parameters
  provider: unknown
}

/** Faults of the request itself, which only the client's developer can mend. */
const FAULTS: readonly ErrorCode[] = [
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'invalid_target',
  'request_not_supported',
  'request_uri_not_supported',
  'unknown_provider',
  'login_required',
  'interaction_required',
]
/** Errors that pass by themselves, so that the person may try again here. */
const PASSING: readonly ErrorCode[] = ['rate_limited', 'temporarily_unavailable']

/**
 * `/login` and `/login/:provider`. Client and redirect_uri are checked first; from then on each
 * fault of the request is sent to the client (RFC 6749, section 4.1.2.1).
 */
export async function enter(
  options: EntryOptions,
  { given, provider }: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  refusePrefetch(request)
  const opened = openRequest(options, given)
  const { target, client } = opened
  know(request, {
    client: client.id,
    ...(target === null ? {} : { redirect_uri: shownUri(target.redirectUri) }),
  })
  try {
    return await begin(options, opened, { given, provider }, request, reply)
  } catch (thrown) {
    const { code } = toLatchkeyError(thrown)
    const isTold = FAULTS.includes(code) || (opened.isSilent && !PASSING.includes(code))
    if (target === null || !isTold) throw thrown
    logProblem(thrown, request)
    const failure = failureParameters(thrown, options.issuer)
    return answerClient(options, target, { ...failure }, request, reply)
  }
}

function findLogin({ find }: EntryOptions, provider: unknown): Login {
  if (typeof provider !== 'string') throw givenTwice('provider')
  const login = find(provider)
  if (login === undefined) throw unknownProvider()
  return login
}

async function begin(
  options: EntryOptions,
  opened: OpenedRequest,
  { given, provider }: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const login = provider === undefined ? undefined : findLogin(options, provider)
  if (opened.target === null && !options.directAnswer) throw noDirectAnswer()
  const asked = readRequest(opened, given)
  // A page of another site must not start a session in cookies by itself: the person first clicks
  // on our page.
  const isStrangers =
    asked.response_mode === 'cookie' && request.headers['sec-fetch-site'] === 'cross-site'
  const isRefusedThere =
    login?.provider.row.refusesWebViews === true &&
    isBrowserNavigation(request) &&
    options.isInAppBrowser(request.headers['user-agent'])
  if (login === undefined || isStrangers || isRefusedThere) {
    if (opened.isSilent) {
      throw new LatchkeyError(
        'interaction_required',
        'The person has to choose here how to sign in.',
      )
    }
    // The sign-in page tells how to leave the app's web view, and offers the other providers.
    if (isRefusedThere) {
      return reply.redirect(`${pathOf(options.issuer)}/login${searchOf(asked)}`, 302)
    }
    return options.sendSignInPage({ ...opened, asked }, request, reply)
  }
  await options.limit(request)
  warnOfFetched(request, { provider: login.provider.row.id, client: opened.client.id })
  warnOfElsewhere(request, {
    redirectUri: opened.redirectUri,
    responseMode: asked.response_mode,
    issuer: options.issuer,
  })
  return startLogin(login, opened, asked, request, reply)
}
