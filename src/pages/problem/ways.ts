import { type Html, html } from '../html.ts'

/** How the ways on from a page look. */
export const WAYS_STYLE = `
.ways { display: grid; gap: .75rem; margin: 1.5rem 0 }
.ways .action { width: 100% }
.app { margin: 0; text-align: center; font-weight: 600 }
.first { background: var(--button); border-color: var(--accent); color: var(--button-text) }
`

/** One way on; the first is the most likely one and stands out. */
export const way = (href: string, text: string, isFirst: boolean): Html =>
  html`<a class="${isFirst ? 'action first' : 'action'}" rel="nofollow" href="${href}">${text}</a>`
