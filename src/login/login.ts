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

/** What the login at one provider needs of other rooms. */
export interface Login {
  provider: Provider
  /** PUBLIC_URL, and the `iss` that clients are sent. */
  issuer: string
  clients: readonly Client[]
  /** Whether a flow without a redirect_uri is answered with the tokens themselves. */
  directAnswer: boolean
  flowCookies: FlowCookies
  resumable: ResumableStates
  usedFlows: UsedFlows
  signIns: SignIns
  /** The user whom an ID token of ours names, expired or not; null for any other token. */
  readIdTokenHint: (token: string) => { sub: string } | null
  /** Stores the codes of `intent=link`. */
  linkCodes: Pick<LinkCodes, 'keep'>
  tokenSealer: TokenSealer
  formUsers: FormUsers
  prepareSession: (request: SessionRequest) => PreparedSession
  /**
   * For `response_mode=cookie`: sets the tokens as cookies, and finds the session that they held
   * before.
   */
  sessionCookies: {
    set(reply: FastifyReply, clientId: string, tokens: TokenResponse): void
    findSession(request: FastifyRequest): Promise<SessionRef | null>
    /** Remembers which browser opened a session whose app got a code. */
    marks: { add(request: FastifyRequest, reply: FastifyReply, sessionId: string): void }
  }
  /**
   * For `response_mode=web_message`: sends the page that passes the result to the page that opened
   * it.
   */
  sendPopupPage: SendPage<PopupAnswer>
  /** For `response_mode=form_post`: sends a page whose form posts itself to the client. */
  sendFormPage: SendPage<FormAnswer>
  /** Shows a person why they may not come in. */
  sendRefusalPage: SendPage<RefusalPage>
  /** Shows the tokens to a person who has signed in without an app. */
  sendTokenPage: SendPage<{
    answer: TokenResponse & { user: UserInfo }
    uiLocales: string | undefined
  }>
  /** The user of a session; null where the session is over. */
  findAccount: (session: SessionRef) => Promise<Account | null>
  /** Whether a User-Agent is that of a web view inside another app, which some providers refuse. */
  isInAppBrowser: (userAgent: string | undefined) => boolean
  endSession: (session: SessionRef & Asking) => Promise<boolean>
  /** Counts how each login ends: `success`, or an error code. */
  ended: (way: 'browser' | 'native', outcome: string) => void
  /** Records a flow of this browser that ended without a session. */
  failed: (request: FastifyRequest, clientId: string, reason: string) => Promise<void>
}

/** Sets or clears cookies of a login. Their names and values need no encoding. */
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
