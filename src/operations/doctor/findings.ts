/** One thing the doctor has to say. Only `wrong` makes its exit code 1. */
export interface Finding {
  level: 'ok' | 'info' | 'warning' | 'wrong'
  text: string
}

export const ok = (text: string): Finding => ({ level: 'ok', text })
export const info = (text: string): Finding => ({ level: 'info', text })
export const warning = (text: string): Finding => ({ level: 'warning', text })
export const wrong = (text: string): Finding => ({ level: 'wrong', text })

const MARKS = { ok: '✓', info: ' ', warning: '!', wrong: '✗' }

/** A titled part of the report. */
export interface Section {
  title: string
  findings: readonly Finding[]
}

/** The report as text, one finding a line. */
export function printReport(
  sections: readonly Section[],
  summary: (problems: number, warnings: number) => string,
): { text: string; exitCode: 0 | 1 } {
  const all = sections.flatMap(({ findings }) => findings)
  const problems = all.filter(({ level }) => level === 'wrong').length
  const warnings = all.filter(({ level }) => level === 'warning').length
  const lines = sections.flatMap(({ title, findings }) => [
    title,
    ...findings.map(({ level, text }) => `  ${MARKS[level]} ${text}`),
    '',
  ])
  return {
    text: [...lines, summary(problems, warnings), ''].join('\n'),
    exitCode: problems > 0 ? 1 : 0,
  }
}
