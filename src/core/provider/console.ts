import type { OperatorText } from '../settings/operator-texts.ts'

/** The form that a console's ids or secrets always have. */
export interface Shape {
  readonly pattern: RegExp
  /** An example, for the message. */
  readonly like: string
}

/** A value that is often mistaken for the client id. */
export interface MistakenId {
  readonly pattern: RegExp
  readonly is: OperatorText
}

/** An error code of the provider. */
export interface ExplainedError {
  /**
   * What it says about our registration when it is the answer to an invented code or to the start
   * of a login: id and secret are right; one of them is wrong; the registration lacks something;
   * nothing.
   */
  readonly means: 'accepted' | 'refused' | 'incomplete' | 'nothing'
  /** What happened, and the step that fixes it. */
  readonly step: OperatorText
}

/** Error codes, as the provider writes them. */
export type ExplainedErrors = Readonly<Record<string, ExplainedError>>

/** Where an operator registers the app at a provider, and what goes wrong there; for the doctor. */
export interface Console {
  /** https. */
  readonly url: string
  /** The menu path to the redirect URIs, in the console's own words. */
  readonly redirectUris: OperatorText
  /** The menu path to the redirect URIs for logout; only where the provider has a logout. */
  readonly logoutRedirectUris?: OperatorText
  /** The menu path to id and secret. */
  readonly keys: OperatorText
  /** What else has to be done there before people can sign in. */
  readonly also: readonly OperatorText[]
  /** Redirect URIs that it refuses, and what to do then. */
  readonly refuses?: { readonly pattern: RegExp; readonly instead: OperatorText }
  readonly clientId?: Shape
  readonly clientSecret?: Shape
  readonly mistakenIds: readonly MistakenId[]
  /** Set if the client id is never an audience of native sign-in: what the audience is instead. */
  readonly nativeClientId?: OperatorText
  readonly errors: ExplainedErrors
}

/** A frozen console, with empty lists for those that are not given. */
export function defineConsole(
  given: Omit<Console, 'also' | 'mistakenIds' | 'errors'> &
    Partial<Pick<Console, 'also' | 'mistakenIds' | 'errors'>>,
): Console {
  return Object.freeze({ also: [], mistakenIds: [], errors: {}, ...given })
}
