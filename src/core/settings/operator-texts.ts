/** Languages of texts for the operator: problems with settings, and the doctor's report. */
const OPERATOR_LANGUAGES = ['en', 'ko'] as const
export type OperatorLanguage = (typeof OPERATOR_LANGUAGES)[number]

/** A text for the operator in each of these languages. */
export type OperatorText = Readonly<Record<OperatorLanguage, string>>
