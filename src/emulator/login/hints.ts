import { type Failure, failures, type Persona, personas } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'

/** The hints of single providers, by the name that a hint takes. */
const ownHints = [
  '!denied-without-iss',
  '!denied-login',
  '!denied-in-capitals',
  '!denied-as-invalid-request',
  '!auto-login',
  '!login-required',
  '!consent-required',
  '!interaction-required',
  '!old-auth-time',
  '!without-email-item',
  '!no-credits',
  '!not-enrolled',
  '!not-registered',
  '!development-mode',
  '!without-account-id',
  '!enterprise-grid',
] as const
/** One of `ownHints`. */
export type OwnHint = (typeof ownHints)[number]

/** The name of something that goes wrong on purpose. */
export type HintName = Failure | OwnHint

/** Who signs in and what goes wrong, as a hint picks it. */
export interface Pick {
  persona: Persona
  failure: HintName | null
}

/** The hints of a provider besides its people, in the order of the page. */
export function hintsOf(played: PlayedProvider): readonly HintName[] {
  const shared = (Object.keys(failures) as Failure[]).filter((name) => {
    const place = failures[name]
    if (place === 'id_token') return played.idTokens === true
    return place !== 'profile' || !played.withoutProfile
  })
  return [...shared, ...ownHints.filter((name) => hasOwnHint(played, name))]
}

/** The names of the parameters that pick a persona or a failure. */
export function hintParametersOf(played: PlayedProvider): readonly string[] {
  return played.hints ?? ['login_hint']
}

/** Whom a request's hint picks, null where it picks nobody. */
export function pickOf(played: PlayedProvider, query: Readonly<Record<string, string>>) {
  const known = hintsOf(played)
  for (const name of hintParametersOf(played)) {
    const hint = query[name]
    const failure = known.find((one) => one === hint)
    if (failure) return { persona: personas[0], failure } satisfies Pick
    const persona = personas.find(({ id }) => id === hint)
    if (persona) return { persona, failure: null } satisfies Pick
  }
  return null
}

function hasOwnHint(played: PlayedProvider, name: OwnHint): boolean {
  const refusal = played.silent?.[name.slice(1).replaceAll('-', '_')]
  return played.ownHints?.[name] !== undefined || refusal !== undefined
}
