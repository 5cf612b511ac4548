import { AT_PROVIDER, all, OF_APP } from './codes.ts'
import type { Texts } from './texts.ts'

/** English. */
export const en: Texts = {
  name: 'English',
  signIn: {
    signIn: 'Sign in',
    continueTo: (client) => `to continue to ${client}`,
    signInWith: (provider) => `Sign in with ${provider}`,
    emulated: 'EMULATED',
    emulatedNote: 'For development only: the emulator signs anyone in as anyone.',
    lastUsed: 'Last used',
    noProviders: 'No provider is enabled.',
    opensOutside: 'Opens in your browser',
    opensAppOutside: (client) => `Opens ${client} in your browser`,
    onlyOutside: 'Only in your browser',
    notInside: (provider, app) => `${provider} does not allow signing in inside ${app}.`,
    nothingOpens: (provider, app) => `${en.signIn.notInside(provider, app)} Nothing opens?`,
    address: 'Copy this address and open it in your browser',
    copy: 'Copy address',
    copied: 'Copied',
    copyByHand: 'Press and hold the address to copy it',
    language: 'Language',
  },
  problem: {
    failed: 'Signing in did not work',
    failedElsewhere: 'That did not work',
    titles: { not_found: 'Page not found', invalid_token: 'You are not signed in' },
    tryAgain: 'Try again',
    retryIn: (time) => `You can try again in ${time}.`,
    retryNow: 'You can try again now.',
    anotherAccount: 'Use another account',
    otherWays: 'Other ways to sign in',
    signIn: 'Sign in',
    backTo: (client) => `Back to ${client}`,
    open: (client) => `Open ${client}`,
    reasons: {
      direct_answer_off: {
        title: 'Open this from your app',
        text: 'No app sent you here, so there is nothing to sign in to. Open the app that you want to use and sign in there.',
      },
      cookies_missing: {
        title: null,
        text: ({ host }) =>
          `Your browser brought no cookie back. Either it blocks cookies for ${host}, or you started in another browser. Allow cookies and try again here.`,
      },
      user_disabled: {
        title: 'This account is disabled',
        text: 'Your account here has been disabled, so you cannot sign in with it. If you think that is a mistake, ask the people who run the app.',
      },
      sign_up_closed: {
        title: 'No new accounts',
        text: 'Only people who already have an account can sign in here. If you have one, use the account that you signed in with before.',
      },
      sign_up_domain: {
        title: 'This address cannot sign up',
        text: ({ domains }) =>
          `To sign up here you need an e-mail address at ${domains} that your provider has verified. If you have one, use that account.`,
      },
      not_of_organisation: {
        title: 'This account cannot be used here',
        text: 'Only accounts of one organisation can sign in here. If you have one there, use that account.',
      },
    },
    code: 'Code',
    requestId: 'Request ID',
    provider: 'The provider',
    problems: {
      unknown_provider: 'This way to sign in is not available here.',
      ...all(OF_APP, 'The link or app that brought you here sent an invalid request.'),
      invalid_state:
        'This sign-in has expired, is already complete, or was started in another window. Please start again.',
      access_denied: 'The sign-in was cancelled, or this account is not allowed to sign in here.',
      invalid_code: 'This sign-in has expired or was already used. Please start again.',
      invalid_provider_response: (provider) =>
        `We could not verify the answer from ${provider}, so you were not signed in. Please try again.`,
      provider_error: (provider) => `${provider} could not sign you in. Please try again.`,
      provider_timeout: (provider) => `${provider} did not answer in time. Please try again.`,
      temporarily_unavailable:
        'Signing in is not possible right now. Please try again in a moment.',
      rate_limited: 'Too many attempts. Please wait a moment and try again.',
      not_found: 'The address may be mistyped or out of date.',
      last_identity: 'This is the only way to sign in to your account, so it was kept.',
      identity_in_use: 'This account already belongs to another user here.',
      provider_in_use: 'You have already linked another account from this provider.',
      method_not_allowed: 'This address cannot be opened as a page.',
      invalid_token: 'Your session may have ended. Please sign in.',
      ...all(AT_PROVIDER, 'Please sign in with the provider again.'),
      insufficient_user_authentication: 'Please sign in again to continue.',
      csrf: 'The request came from another site, so nothing was changed.',
      payload_too_large: 'The request is too large.',
      unsupported_media_type: 'The request could not be read.',
      request_timeout: 'The connection was too slow. Please try again.',
      server_error: 'Something went wrong on our side. Please try again.',
    },
  },
  popup: {
    signedIn: 'You are signed in',
    confirmed: 'Your account is confirmed',
    close: 'You can close this window.',
  },
  token: {
    signedInAs: (who) => `Signed in as ${who}`,
    what: 'No app sent you here, so Latchkey shows the answer that a program would get. It contains tokens: anyone who sees them can use them.',
    show: 'Show the JSON',
  },
  received: {
    title: 'Your data was deleted',
    text: (provider, day) =>
      `${provider} passed on your request on ${day}. We deleted what ${provider} had told us about you and signed you out.`,
  },
  signedOut: { title: 'You are signed out', text: 'You can close this page.' },
  brand: { terms: 'Terms of service', privacy: 'Privacy policy' },
  playground: {
    title: 'Playground',
    skip: 'Skip to sign-in',
    language: 'Language',
    signInPage: 'Sign-in page',
    apiReference: 'API reference',
    lead: (url) =>
      `A real client of Latchkey at <code>${url}</code>. It signs you in, exchanges the code for tokens and asks who you are, with the same calls your app will make. It appears only while Latchkey’s address is on this machine.`,
    oneLogin: 'A whole login on the command line',
    providers: 'List the providers on the command line',
    command: 'Command',
    settings: 'Settings',
    withoutScript: (base) =>
      `The rest of the playground needs JavaScript. Without it, run the command above, or <a href="${base}/login">sign in</a> and read the answer as JSON.`,
    next: 'Next: your own app',
    steps: (callbackUrl, base) => [
      'Name your app in <code>CLIENTS</code>. This page stays while Latchkey runs on this machine, and can start your app’s logins, too.',
      `Register <code>${callbackUrl}</code> in the provider’s console and give Latchkey its keys.`,
      'Run <code>npm run doctor</code>: it says what is still missing.',
      `In your API, verify access tokens with <a href="${base}/.well-known/jwks.json">jwks.json</a> and any JWT library.`,
    ],
    further: 'The README has the next steps; <code>.env.example</code> explains each setting.',
  },
}
