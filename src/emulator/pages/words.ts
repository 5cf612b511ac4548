import type { Deed, Variant } from '../events/event.ts'
import type { HintName } from '../login/hints.ts'
import type { PersonaId } from '../personas.ts'

/** What `texts` has to say on the emulator's pages in one language: something on each hint, deed and person. */
export interface Words {
  badge: string
  indexTitle: string
  indexNotice: string
  title(provider: string): string
  errorTitle(provider: string): string
  eventsTitle(provider: string): string
  notReal(provider: string): string
  signInAs: string
  orFail: string
  backToApp: string
  continue: string
  /** What a persona is called within a sentence. */
  called: Record<PersonaId, string>
  people: Record<PersonaId, string>
  hints: Record<HintName, string>
  tells(provider: string): string
  allEvents(provider: string): string
  /** A button that makes the provider send an event. */
  deeds: Record<Deed, (who: string, provider: string) => string>
  furtherEvents: string
  how: string
  genuine: string
  variants: Record<Variant, string>
  send: string
  sentTo(url: string): string
  accepted(provider: string): string
  notAccepted(provider: string): string
  noAnswer(reason: string): string
  answered(status: number): string
  neverSent: string
  whatWasSent: string
  whatWasAnswered: string
}
