import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../core/client/client.ts'
import type { PreparedSession, SessionRequest } from '../core/client/prepared-session.ts'
import type { UsedFlows } from '../core/client/used-flows.ts'
import type { Asking } from '../core/events/audit.ts'
import type { Account, UserInfo } from '../core/identity/account.ts'
import type { LinkCodes } from '../core/identity/identities.ts'
import type { SessionRef } from '../core/identity/session-ref.ts'
import type { SignIns } from '../core/identity/sign-ins.ts'
import type { FormAnswer } from '../core/pages/form-answer.ts'
import type { PopupAnswer } from '../core/pages/opener-message.ts'
import type { RefusalPage } from '../core/pages/refusal-page.ts'
import type { TokenSealer } from '../core/provider/provider-tokens.ts'
import { isHttps } from '../core/settings/public-url.ts'
import type { TokenResponse } from '../core/tokens/token-response.ts'
import type { SendPage } from '../http/send-page.ts'
import type { Provider } from '../upstream/provider.ts'
import type { FormUsers } from './finish/form-post.ts'
import type { FlowCookie, FlowCookies } from './flow.ts'
import type { ResumableStates } from './ways-on/resumable-state.ts'

/** What a login needs of the other rooms. */
export interface Login {
  provider: Provider
  /** PUBLIC_URL, the `iss` of what clients are sent. */
  issuer: string
  clients: readonly Client[]
  /** Whether a flow without a redirect_uri is answered with the tokens themselves. */
  directAnswer: boolean
  flowCookies: FlowCookies
  resumable: ResumableStates
  usedFlows: UsedFlows
  signIns: SignIns
  /** The user of an ID token that we issued, expired or not; null for anything else. */
  readIdTokenHint: (token: string) => { sub: string } | null
  /** For `intent=link`. */
  linkCodes: Pick<LinkCodes, 'keep'>
  tokenSealer: TokenSealer
  formUsers: FormUsers
  prepareSession: (request: SessionRequest) => PreparedSession
  /** For `response_mode=cookie`: where the tokens go, and which session was there before. */
  sessionCookies: {
    set(reply: FastifyReply, clientId: string, tokens: TokenResponse): void
    findSession(request: FastifyRequest): Promise<SessionRef | null>
    /** For sessions whose apps get a code: which browser opened them. */
    marks: { add(request: FastifyRequest, reply: FastifyReply, sessionId: string): void }
  }
  /** For `response_mode=web_message`: answers the page that hands the answer to its opener. */
  sendPopupPage: SendPage<PopupAnswer>
  /** For `response_mode=form_post`: answers a page whose form posts itself to the client. */
  sendFormPage: SendPage<FormAnswer>
  /** Shows a person why they may not come in. */
  sendRefusalPage: SendPage<RefusalPage>
  /** Shows a person who has signed in without an app what a program would get. */
  sendTokenPage: SendPage<{
    answer: TokenResponse & { user: UserInfo }
    uiLocales: string | undefined
  }>
  /** The user of a session that is alive. */
  findAccount: (session: SessionRef) => Promise<Account | null>
  /** Whether a User-Agent is of a browser that an app brings itself, which some providers refuse. */
  isInAppBrowser: (userAgent: string | undefined) => boolean
  endSession: (session: SessionRef & Asking) => Promise<boolean>
  /** Told how each login ends: `success`, or the code of an error. */
  ended: (way: 'browser' | 'native', outcome: string) => void
  /** Told of a flow of this browser that ended without a session. */
  failed: (request: FastifyRequest, clientId: string, reason: string) => Promise<void>
}

/** Sets or clears cookies of a login as they are: nothing in their names and values needs encoding. */
export function setCookies(
  reply: FastifyReply,
  cookies: readonly FlowCookie[],
  issuer: string,
): void {
  const rules = `Path=/; HttpOnly; ${isHttps(issuer) ? 'Secure; ' : ''}SameSite=Lax`
  for (const { name, value, maxAgeSeconds } of cookies) {
    reply.header('set-cookie', `${name}=${value}; Max-Age=${maxAgeSeconds}; ${rules}`)
  }
}
