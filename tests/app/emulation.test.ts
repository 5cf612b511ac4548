import { expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { Browser } from '../helpers/browser.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'all' })

test('the language that an app asks for is spoken by every emulated provider', async () => {
  const title = async (id: string, query: string) => {
    const page = await new Browser().follow(`${latchkey.url}/login/${id}${query}`)
    return /<html lang="(..)">/.exec(page.text)?.[1]
  }
  for (const { id } of builtInProviders) {
    expect([id, await title(id, '?ui_locales=ja')]).toEqual([id, 'ja'])
  }
  expect(await title('kakao', '')).toBe('en')
})
