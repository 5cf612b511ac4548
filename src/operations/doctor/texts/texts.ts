import type { OperatorLanguage } from '../../../core/settings/operator-texts.ts'
import { type DoctorTexts, en } from './en.ts'
import { ko } from './ko.ts'

export type { DoctorTexts }

/** The doctor's words by language. */
export const doctorTexts: Readonly<Record<OperatorLanguage, DoctorTexts>> = { en, ko }
