/** Given name first, but in Chinese, Japanese and Korean script the family name, without a space. */
export function fullName(
  first: string | null | undefined,
  last: string | null | undefined,
): string {
  const parts = [first, last].filter((part) => typeof part === 'string' && part !== '')
  return parts.every((part) =>
    /^[\p{sc=Hangul}\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]+$/u.test(part ?? ''),
  )
    ? parts.reverse().join('')
    : parts.join(' ')
}
