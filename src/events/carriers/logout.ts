import type { Delivery } from '../../upstream/outbound/delivery.ts'
import { type Carrier, Refused, Undeliverable } from './carrier.ts'

/**
 * Tells clients which sessions ended (OpenID Connect Back-Channel Logout 1.0). The logout token is
 * signed anew for each attempt.
 */
export function logoutCarrier(options: {
  /** The client's logout URI; null where it has none, or not any more. */
  uriOf(clientId: string): string | null
  signLogoutToken(clientId: string, session: { userId: string; id: string }): Promise<string>
  delivery: Delivery
}): Carrier {
  const { uriOf, signLogoutToken, delivery } = options
  return {
    givesUpAfterSeconds: 86_400,
    knows: (clientId) => uriOf(clientId) !== null,
    names: { done: 'logout_sent', failed: 'logout_failed', givenUp: 'logout_given_up' },
    async carry({ target, userId, sessionId }, stop) {
      const uri = uriOf(target)
      if (uri === null || userId === null || sessionId === null) {
        throw new Undeliverable('the client is not told any more')
      }
      const token = await signLogoutToken(target, { userId, id: sessionId })
      const body = new URLSearchParams({ logout_token: token }).toString()
      const type = 'application/x-www-form-urlencoded'
      const answer = await delivery.post(uri, { type, body }, stop)
      if (answer.status > 299) throw new Refused(answer)
      return 'done'
    },
  }
}
