/**
 * The full name: given name first, but in Chinese, Japanese and Korean script the family name
 * first, without a space.
 */
export function fullName(
  first: string | null | undefined,
  last: string | null | undefined,
): string {
  const parts = [first, last].filter((part) => typeof part === 'string' && part !== '')
  // Script extensions, since ー belongs to more than one script.
  return parts.every((part) =>
    /^[\p{scx=Hangul}\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]+$/u.test(part ?? ''),
  )
    ? parts.reverse().join('')
    : parts.join(' ')
}
