/** The words of the scripts in English; the compiler asks for each in every language. */
export const en = {
  signIn: {
    title: 'Sign in',
    app: 'App',
    here: 'Playground (this page)',
    /** Where the answer of another app's login goes. */
    elsewhere: (/** @type {string} */ uri) =>
      `A new tab opens, and the answer goes to ${uri}. Your app did not start this login, so it will refuse the answer; the address bar shows the code.`,
    openApp: (/** @type {string} */ app) => `Open ${app}`,
    provider: 'Provider',
    more: (/** @type {number} */ count) => `${count} more providers`,
    emulated: 'EMULATED',
    mode: 'How the app gets the answer',
    modes: {
      redirect: { label: 'Redirect', about: 'this page leaves and comes back' },
      popup: { label: 'Popup', about: 'this page stays, a window opens' },
      cookie: { label: 'Cookie', about: 'no script ever sees a token' },
    },
    person: 'Sign in as (emulator)',
    chooseThere: 'Choose on the provider’s page',
    atOnce: 'Skip the page, sign in as',
    /** By `login_hint`. */
    people: {
      minji: 'Minji: verified e-mail',
      alex: 'Alex: verified e-mail, the same everywhere',
      sora: 'Sora: no e-mail',
      yuki: 'Yuki: unverified e-mail',
      '!no-email': 'Minji, not sharing her e-mail (first login only)',
    },
    orFail: 'Make it fail',
    failures: {
      '!denied': 'The person declines',
      '!used-code': 'The code was already used',
      '!server-error': 'The provider is down',
      '!slow': 'The provider is too slow (10 s)',
      '!html': 'The provider answers with a web page',
      '!forged-id-token': 'A forged ID token (OpenID providers)',
    },
    openid: 'Also ask for an ID token (openid)',
    button: (/** @type {string} */ provider) => `Sign in with ${provider}`,
    course: 'What happens',
    courses: {
      redirect: [
        'The page keeps a state and a code_verifier and goes to Latchkey, which goes on to the provider.',
        'The person signs in there. Latchkey checks the answer and sends the browser back here with a code.',
        'The page checks state and iss and exchanges the code for tokens: POST /token.',
        'GET /me says who signed in.',
      ],
      popup: [
        'The page keeps a state and a code_verifier and opens Latchkey in a window.',
        'The person signs in there. The window hands the code to this page and closes.',
        'The page checks origin, state and iss and exchanges the code for tokens: POST /token.',
        'GET /me says who signed in.',
      ],
      cookie: [
        'The page keeps a state and goes to Latchkey, which goes on to the provider.',
        'The person signs in there. Latchkey sets HttpOnly cookies and sends the browser back here.',
        'There is no code to exchange and no token that a script could leak.',
        'GET /me says who signed in, by the cookie.',
      ],
    },
  },
  user: {
    title: 'Signed in',
    nameless: 'No name',
    noEmail: 'no e-mail',
    verified: 'verified',
    notVerified: 'not verified',
    sub: 'the user id: use it as the key in your app',
    subject: 'subject',
    signOut: 'Sign out',
    signOutAt: (/** @type {string} */ provider) => `Also sign out at ${provider}`,
    revoke: 'Revoke tokens',
    reveal: 'Show full tokens',
  },
  tokens: {
    title: 'Access token',
    cookies: 'Cookies',
    hidden:
      'The tokens are in HttpOnly cookies: the browser sends them, but no script can read them, so there is nothing to decode here. Pages of other sites cannot use them.',
    verified: 'signature verified with jwks.json',
    notVerified: 'signature not verified',
    timeLeft: 'Time left of the access token',
    expiresIn: (/** @type {string} */ clock) => `expires in ${clock}`,
    expired: 'expired: refresh it',
    refresh: 'Refresh',
    header: 'Header',
    idToken: 'ID token',
    idTokenUse:
      'It tells this page who signed in. Never send it to an API. The user above comes from GET /me.',
    /** What each header and claim is for. */
    meanings: {
      alg: 'how it is signed',
      kid: 'which published key signed it',
      typ: 'what kind of token it is (RFC 9068)',
      iss: 'who issued it: this Latchkey',
      sub: 'the user; never changes',
      aud: 'who it is for; your API must check this',
      client_id: 'the app that asked for it',
      scope: 'what it may be used for',
      sid: 'the session it belongs to',
      iat: 'when it was issued',
      exp: 'when it expires',
      jti: 'the id of this token',
      auth_time: 'when the person signed in',
      nonce: 'ties it to this page’s request',
      at_hash: 'ties it to the access token',
      roles: 'what the user is allowed to be',
      name: 'the person’s name',
      email: 'as the provider gave it',
      email_verified: 'whether the provider vouches for it',
      picture: 'the person’s picture',
      locale: 'the person’s language',
      updated_at: 'when the profile last changed',
    },
  },
  sessions: {
    title: 'Sessions',
    current: 'this one',
    unknown: 'unknown program',
    since: 'since',
    end: 'End',
    endThat: (/** @type {string} */ provider, /** @type {string} */ time) =>
      `End the session of ${provider} since ${time}`,
    endOthers: 'End all others',
    again: 'Sign in again',
    note: 'A session that has ended answers 401 at once.',
  },
  /** One card per thing that an app lives through. */
  tries: {
    title: 'See what happens',
    about: 'Each of these runs for real. Open one and press its button.',
    request: 'Request',
    answer: 'Answer',
    link: {
      title: 'Link a second account',
      about: 'The user can then sign in with either account.',
      button: (/** @type {string} */ provider) => `Link ${provider}`,
      done: (/** @type {string} */ provider) =>
        `Linked: this user can now sign in with ${provider}.`,
      all: 'Every provider is linked.',
      note: 'The code comes from a login with intent=link and works for 60 seconds.',
    },
    unlink: {
      title: 'Unlink an account',
      about:
        'Its sessions end, and Latchkey revokes the grant at the provider. The last account stays.',
      button: (/** @type {string} */ provider) => `Unlink ${provider}`,
      done: (/** @type {string} */ provider) =>
        `Unlinked: ${provider} no longer signs this user in.`,
    },
    stepUp: {
      title: 'Ask for a fresh sign-in',
      about:
        'Linking, unlinking and deleting need a recent sign-in. Without one the answer is 401, and the app sends the person through a login again.',
      silent: 'Try without a fresh sign-in',
      refused: 'Refused: this session began silently (prompt=none), so nobody has just signed in.',
      again: 'Sign in again',
      accepted:
        'Accepted after the new sign-in. There was nothing to unlink, so the answer is 404.',
      unable:
        'No enabled provider can sign in silently (prompt=none), so there is nothing to show.',
    },
    disconnect: {
      title: 'Disconnect at the provider',
      about:
        'The person removes your app in the provider’s own settings. The provider notifies Latchkey, and the sessions end.',
      who: 'Who disconnects',
      button: (/** @type {string} */ provider) => `Disconnect at ${provider}`,
      ended: 'The session has ended: GET /me now answers 401.',
      alive: 'Your session goes on: it was not opened by this person’s account.',
      unable: (/** @type {string} */ list) =>
        `Your provider notifies nobody. Sign in with one of these: ${list}.`,
      again: 'Back to the sign-in',
    },
    remove: {
      title: 'Delete the user',
      about:
        'User, accounts and sessions are deleted at once. Latchkey then revokes the grants at the providers.',
      button: 'Delete this user',
      sure: 'Yes, delete for good',
      done: 'Deleted. All of this user’s tokens now answer 401.',
    },
    webhook: {
      title: 'Receive a webhook',
      about: 'Latchkey posts events to your server, signed. This page brings its own receiver.',
      listen: 'Start listening',
      waiting: 'Listening. Sign in or out, or link an account, and the event appears here.',
      verified: 'signature verified',
      own: 'WEBHOOK_URL is set or no provider is emulated, so this page receives nothing.',
    },
  },
  snippets: {
    show: 'Code to copy',
    start: 'Start a login',
    startNote: 'Without a client, curl gets the tokens at once.',
    startPersonNote: 'This prints where the browser is sent; a person goes on from there.',
    jarNote: 'curl cannot read the browser’s cookies, so it signs in first to get its own.',
    cookieNote: 'Copy the cookies from the browser’s developer tools.',
    user: 'Who is it?',
    signOut: 'Sign out',
    signOutAtProvider: 'Also sign out at the provider',
    revoke: 'Revoke',
    code: 'Exchange the code for tokens',
    codeNote:
      'This page has already done this. A code works once; for a minute, repeating it gives the same session again.',
    response: 'Token response',
    refresh: 'Refresh',
    refreshNote:
      'A refresh token works once. If you use it elsewhere, a later refresh here looks like theft and ends the session.',
    sessions: 'List',
    endOne: 'End one',
    endOthers: 'End all others',
    /** What a region of code is, for those who only hear the page. */
    region: (/** @type {string} */ title) => `${title}: code`,
  },
  copy: {
    button: 'Copy',
    done: 'Copied',
    refused: 'Blocked',
    what: (/** @type {string} */ what) => `Copy ${what}`,
    doneWhat: (/** @type {string} */ what) => `Copied ${what}`,
  },
  notices: {
    close: 'Close',
    signedIn: 'Signed in. Everything below comes from real answers.',
    popup: 'Continue in the window that has opened. Closing it cancels this login.',
    refreshed: 'Refreshed: a new access token, and a new refresh token in place of the old one.',
    renewed: 'The access token had expired, so the page refreshed it.',
    sessionEnded: 'The session has ended.',
    othersEnded: 'All other sessions have ended.',
    revoked: 'Revoked: the session has ended, and its tokens no longer work here.',
    signedOut: 'Signed out: the session has ended.',
    signedOutAt: (/** @type {string} */ provider) =>
      `Signed out: the session has ended, and ${provider} was asked to end its own if it can.`,
    again:
      'The session goes on; this page has only forgotten its tokens. Sign in again to see both.',
    againByCookie:
      'The cookies stay. Sign in by redirect or popup to see both sessions; a cookie login would replace this one.',
    elsewhere: 'Latchkey is set up for another address (PUBLIC_URL). Open it there: ',
    noProvider: 'No provider is enabled. Set EMULATE=all or a provider’s keys, then restart.',
  },
  /** By error code. */
  problems: {
    access_denied:
      'The person or the provider said no. Nobody was signed in and nothing was stored.',
    server_error:
      'The provider could not sign you in. Nobody was signed in and nothing was stored.',
    temporarily_unavailable:
      'The provider or the database did not answer in time. Try again in a moment.',
    invalid_request: 'The request was malformed.',
    invalid_grant: 'The code was already used or has expired. Sign in again.',
    invalid_response: 'This answer does not fit this kind of login.',
    session_over:
      'The session of this tab has ended: elsewhere, by time, or because the server’s data is new. Sign in again.',
    state:
      'This answer was refused: its state is not the one this tab waits for. That check keeps out a code that someone else slipped in. If you went back or reopened the address, just sign in again.',
    iss: 'This answer was refused: it does not name this Latchkey as its issuer (RFC 9207).',
    id_token: 'The ID token was refused: it is missing or not for this page’s request.',
    popup_blocked: 'The browser blocked the popup. Allow popups for this page, or choose Redirect.',
    popup_closed: 'The popup was closed before an answer came.',
    unreachable: 'Latchkey did not answer. Is it still running?',
    csrf: 'The request was refused because another page could have forged it.',
    rate_limited: 'Too many requests. Wait a moment.',
    not_found: 'It is no longer there.',
    last_identity: 'This is the only account left to sign in with, so it stays.',
    identity_in_use: 'This account already belongs to another user.',
    provider_in_use: 'Another account from this provider is already linked.',
    insufficient_user_authentication: 'This needs a recent sign-in. Sign in again and retry.',
    unexpected: 'Something unexpected happened.',
  },
}
