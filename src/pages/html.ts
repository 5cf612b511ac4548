/** A piece of HTML; a plain string is never taken for one. */
export interface Html {
  readonly html: string
}

/**
 * What may be put into a template: texts are escaped, pieces of HTML are not, null gives nothing.
 */
export type Part = Html | string | readonly Html[] | null

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

function written(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string') return escaped(part)
  return 'html' in part ? part.html : lines(part).html
}

/**
 * HTML from a template: whatever is put in is escaped for use in an element or between double
 * quotes, unless it is HTML itself.
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const [first = '', ...rest] = strings
  return {
    html: rest.reduce((all, text, place) => all + written(parts[place] ?? null) + text, first),
  }
}

/** A text of our own that already is HTML. */
export const trusted = (text: string): Html => ({ html: text })

/** Pieces on a line each; null ones are left out. */
export const lines = (parts: readonly (Html | null)[]): Html =>
  trusted(parts.flatMap((part) => (part === null ? [] : [part.html])).join('\n'))
