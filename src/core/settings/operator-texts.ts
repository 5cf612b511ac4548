/** Languages that the operator is spoken to in: the problems of settings and the doctor. */
const OPERATOR_LANGUAGES = ['en', 'ko'] as const
export type OperatorLanguage = (typeof OPERATOR_LANGUAGES)[number]

/** A text for the operator in each of these languages. */
export type OperatorText = Readonly<Record<OperatorLanguage, string>>
