/**
 * Messages of refusals that are used in two places: where the refusal happens, and in the examples
 * of the OpenAPI description, which a test compares with the answers.
 */
export const said = {
  tooMany: 'Too many requests came from this address or user. Please wait a moment.',
  signInAgain: 'This needs a sign-in that is more recent: send the person through a login again.',
  cookieFromElsewhere: 'A cookie counts only for requests from a registered origin.',
  unknownProvider: 'No provider of this name is enabled.',
  unknownSubjectIssuer: 'The subject_issuer names no enabled provider.',
  confidentialOnly: 'Only confidential clients may introspect.',
  sendAccessToken: 'Send a valid access token as "Authorization: Bearer <token>".',
  bodyTooLarge: 'The body may have at most 64 KiB.',
  otherContentType:
    'This content type is not accepted: OAuth endpoints take application/x-www-form-urlencoded, others application/json.',
  clientRefused: 'The client is unknown or did not authenticate.',
  codeRefused: 'The code is used, expired, or not for this request.',
  databaseAway: 'The database is away or overloaded.',
  providerAway: 'The provider cannot be reached.',
  providerSilent: 'The provider did not answer in time.',
  providerRefused: 'The provider refused a request or failed.',
  providerRefusedCode:
    'The provider refused the code: it was used before or is too old. Please sign in again.',
  signInDeclined: 'The sign-in was declined.',
  noSuchSession: 'There is no such session.',
  noSuchUser: 'There is no such user.',
  notSignedOut: 'This does not sign out: send an id_token_hint, or sign out on the page itself.',
  notAhead: 'This is not fetched ahead of the person.',
  unregisteredWayBack: 'This post_logout_redirect_uri is not registered.',
  flowOver: 'This sign-in is over, was started elsewhere or took too long. Please start again.',
} as const
