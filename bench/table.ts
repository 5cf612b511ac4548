import type { Figure } from './figures.ts'
import type { AuditShares } from './scenes/audit.ts'
import type { Growth } from './scenes/sizes.ts'
import { isReached, type Target } from './statistics.ts'

const HEAD = [
  'unit',
  'Latchkey',
  'beside it',
  'it is',
  'ratio',
  'range',
  'rounds',
  'target',
  'reached',
]

/** The figures as rows, the names of their columns first. */
export const figureRows = (figures: readonly Figure[]): string[][] => [
  [...HEAD, 'PostgreSQL, in statements'],
  ...figures.map(({ unit, latchkey, beside, side, ratio, rounds, target, value, database }) => [
    ...[unit, latchkey, beside, side],
    ratio === null ? '' : ratio.median.toFixed(2),
    ratio === null ? '' : `${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}`,
    String(rounds),
    target === null ? '' : targetText(target),
    target === null ? '' : isReached(value, target) ? 'yes' : 'no',
    database,
  ]),
]

const targetText = (target: Target) =>
  'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`

/** What the audit costs a login, in each part of it. */
export function auditRows({ shares, besides }: AuditShares): string[][] {
  const target = { atMost: 0.05 }
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`
  const micro = (time: number) => `${time.toFixed(0)} µs`
  const more = besides.recorded - besides.unrecorded
  return [
    [
      'login',
      'CPU of',
      'recorded',
      'unrecorded',
      'the audit',
      'of the whole',
      'range',
      'rounds',
      'target',
      'reached',
    ],
    ...shares.map(({ unit, part, recorded, unrecorded, more: { least, most }, rounds }) => {
      const whole = shares.find((other) => other.unit === unit && other.part === 'both')
      const share = (recorded - unrecorded) / (whole?.recorded ?? Number.NaN)
      const judged = [`≤ ${percent(target.atMost)}`, isReached(share, target) ? 'yes' : 'no']
      return [
        ...[unit, part, micro(recorded), micro(unrecorded), micro(recorded - unrecorded)],
        ...[percent(share), `${least.toFixed(0)}–${micro(most)}`, String(rounds)],
        ...(part === 'both' ? judged : ['', '']),
      ]
    }),
    [
      ...['any, after it', 'PostgreSQL', micro(besides.recorded), micro(besides.unrecorded)],
      ...[micro(more), '', '', '', '', ''],
    ],
  ]
}

/** What each statement costs where there are many, beside where there are few. */
export function growthRows(growth: readonly Growth[], users: number): string[][] {
  const target = { atMost: 1.5 }
  return [
    [
      'statement',
      '1000 people',
      `${users} people`,
      'ratio',
      'range',
      'target',
      'reached',
      'blocks',
    ],
    ...growth.map(({ statement, ratio, blocks, time }) => [
      statement,
      `${time.small.toFixed(0)} µs`,
      `${time.large.toFixed(0)} µs`,
      ratio.median.toFixed(2),
      `${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}`,
      targetText(target),
      isReached(ratio.median, target) ? 'yes' : 'no',
      `${blocks.small.toFixed(1)} / ${blocks.large.toFixed(1)}`,
    ]),
  ]
}

/** Rows as a Markdown table. */
export function markdownTable([head = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** Rows for a terminal: every column as wide as its widest cell. */
export function plainTable(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
