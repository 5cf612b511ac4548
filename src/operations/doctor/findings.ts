/** One thing the doctor has to say. Only `wrong` makes its exit code 1. */
export interface Finding {
  level: 'ok' | 'info' | 'warning' | 'wrong'
  text: string
  /** Lines below it: where to go, what to do. */
  steps: readonly string[]
}

type Say = (text: string, ...steps: string[]) => Finding
const say =
  (level: Finding['level']): Say =>
  (text, ...steps) => ({ level, text, steps })

/** It is all right. */
export const ok = say('ok')
/** Good to know. */
export const info = say('info')
/** It works, but may not be what was intended. */
export const warning = say('warning')
/** It does not work. */
export const wrong = say('wrong')

const MARKS = { ok: '✓', info: ' ', warning: '!', wrong: '✗' }

/** A titled part of the report. */
export interface Section {
  title: string
  findings: readonly Finding[]
}

/** The report as text, one finding a line, its steps below it. */
export function printReport(
  sections: readonly Section[],
  summary: (problems: number, warnings: number) => string,
): { text: string; exitCode: 0 | 1 } {
  const all = sections.flatMap(({ findings }) => findings)
  const problems = all.filter(({ level }) => level === 'wrong').length
  const warnings = all.filter(({ level }) => level === 'warning').length
  const lines = sections.flatMap(({ title, findings }) => [
    title,
    ...findings.flatMap(({ level, text, steps }) => [
      `  ${MARKS[level]} ${text}`,
      ...steps.map((step) => `      ${step}`),
    ]),
    '',
  ])
  return {
    text: [...lines, summary(problems, warnings), ''].join('\n'),
    exitCode: problems > 0 ? 1 : 0,
  }
}
