import type { DoctorTexts } from '../../operations/doctor/texts/texts.ts'
import type { Settings } from '../../settings/index.ts'
import type { Environment, Reader } from '../../settings/reader.ts'
import type { Outbound } from '../../upstream/outbound/outbound.ts'

/** One run of the doctor. */
export interface DoctorRun {
  env: Environment
  /** The part of it that is from `.env`, and the names there whose value ends at a #. */
  file: Environment
  cut: readonly string[]
  words: DoctorTexts
  reader: Reader
  settings: Settings
  /** Null with --offline. */
  outbound: Outbound | null
}
