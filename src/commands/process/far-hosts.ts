import {
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net'

/**
 * Of a host with several addresses Node gives up each but the last after a quarter of a second
 * (nodejs/node#54359): one on another continent, or one whose first packet is lost and repeated a second later,
 * is never reached where the last address leads nowhere. It stays below the time that a connection may take.
 */
const ATTEMPT_MS = 1_500

/** From now on an address may take as long as a far one does; whoever set a longer time keeps it. */
export function waitForFarHosts(): void {
  if (getDefaultAutoSelectFamilyAttemptTimeout() < ATTEMPT_MS) {
    setDefaultAutoSelectFamilyAttemptTimeout(ATTEMPT_MS)
  }
}
