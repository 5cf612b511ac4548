import { expect, test } from 'vitest'
import { html, lines, trusted } from '../../src/pages/html.ts'

const EVIL = `"><script>alert('x')</script>&amp;`

test('a text that is put in is escaped, in an element and in an attribute', () => {
  const { html: text } = html`<a href="${EVIL}">${EVIL}</a>`
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;'
  expect(text).toBe(`<a href="${escaped}">${escaped}</a>`)
})

test('pieces of HTML stay as they are, alone and as a list; null is nothing', () => {
  const item = (text: string) => html`<li>${text}</li>`
  expect(html`<ul>${[item('<'), item('b')]}</ul>${null}${trusted('<hr>')}`.html).toBe(
    '<ul><li>&lt;</li>\n<li>b</li></ul><hr>',
  )
  expect(lines([item('a'), null, item('b')]).html).toBe('<li>a</li>\n<li>b</li>')
})
