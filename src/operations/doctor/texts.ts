import type { OperatorLanguage } from '../../core/settings/operator-texts.ts'
import { type DoctorTexts, en } from './texts-en.ts'
import { ko } from './texts-ko.ts'

export type { DoctorTexts }

/** The doctor's words by language. */
export const doctorTexts: Readonly<Record<OperatorLanguage, DoctorTexts>> = { en, ko }
