import { expect, test } from 'vitest'
import { ERRORS } from '../../src/http/errors/error-table.ts'
import { errorTexts } from '../../src/operations/error-texts.ts'
import { codeSpans, english, korean, tableRows } from './texts.ts'

test('docs/errors.md has every code with its status', () => {
  const expected = Object.entries(ERRORS).map(([code, { status }]) => `${code} ${status}`)
  for (const text of [english('errors'), korean('errors')]) {
    const rows = tableRows(text).filter(([, status = '']) => /^\d+$/.test(status))
    const told = rows.map(([code = '', status]) => `${codeSpans(code)[0]} ${status}`)
    expect(told.sort()).toEqual(expected.sort())
  }
})

test('docs/errors.md and /docs/errors say the same of each code', () => {
  const told = tableRows(english('errors')).flatMap(([code = '', status = '', ...texts]) =>
    /^\d+$/.test(status)
      ? [[codeSpans(code)[0], texts.map((text) => text.replaceAll('`', ''))]]
      : [],
  )
  expect(Object.fromEntries(told)).toEqual(errorTexts)
})
