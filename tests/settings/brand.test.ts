import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectSettings } from '../../src/settings/index.ts'
import { Reader } from '../../src/settings/reader.ts'
import { settingsTexts } from '../../src/settings/texts.ts'

const { en } = settingsTexts
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex')
const WEBP = Buffer.concat([Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1')])
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-brand-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function read(env: Record<string, string>) {
  const reader = new Reader(env)
  const { brand } = collectSettings(reader)
  return { brand, problems: reader.problems }
}

describe('BRAND_COLOR', () => {
  test.each([
    ['#0b57d0', [11, 87, 208]],
    ['#0B57D0', [11, 87, 208]],
    ['0b57d0', [11, 87, 208]],
    ['#05d', [0, 85, 221]],
    // The greys on either side of the limit.
    ['#767676', [118, 118, 118]],
  ])('%s is a colour that white text is read on', (text, color) => {
    expect(read({ BRAND_COLOR: text })).toMatchObject({ brand: { color }, problems: [] })
  })

  test.each([
    ['#777777', '4.47'],
    ['#ffffff', '1.00'],
    ['#fa0', '1.90'],
  ])('%s is too light, and the message says by how much', (text, ratio) => {
    const { problems } = read({ BRAND_COLOR: text })
    expect(problems).toEqual([en.brandContrast(ratio)])
    expect(problems[0]).toContain(`${ratio}:1`)
  })

  test.each(['blue', 'rgb(0, 0, 0)', '#0b57d', '#0b57d0ff', '#0b57d0;}body{display:none'])(
    '%s is written otherwise, and the message says how it is written',
    (text) => {
      expect(read({ BRAND_COLOR: text }).problems).toEqual([en.brandColor])
    },
  )
})

describe('BRAND_LOGO', () => {
  const file = (name: string, content: string | Buffer) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const logoOf = (content: string | Buffer) => read({ BRAND_LOGO: file('logo.txt', content) })

  test.each([
    ['PNG', PNG, 'image/png'],
    ['JPEG', JPEG, 'image/jpeg'],
    ['WebP', WEBP, 'image/webp'],
    ['SVG', SVG, 'image/svg+xml'],
    ['SVG with a byte order mark', `\uFEFF${SVG}`, 'image/svg+xml'],
    [
      'SVG of a drawing program',
      `<?xml version="1.0"?>\n<!-- <b>x</b> -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x" [\n<!ENTITY a "b">\n]>\n${SVG}`,
      'image/svg+xml',
    ],
  ])('is %s by its bytes, whatever its name', (_, content, type) => {
    const { brand, problems } = logoOf(content)
    expect([brand.logo?.type, problems]).toEqual([type, []])
  })

  test.each([
    ['empty', ''],
    ['a page with a drawing', `<html>${SVG}</html>`],
    ['a text', 'svg'],
    ['a GIF', 'GIF89a'],
    ['a RIFF of sound', Buffer.from('RIFF\x10\x00\x00\x00WAVEfmt ', 'latin1')],
    ['nothing but comments', '<!---->'.repeat(20_000)],
  ])('is no image where it is %s', (_, content) => {
    expect(logoOf(content).problems).toEqual([en.brandLogoType(join(folder, 'logo.txt'))])
  })

  test('has 256 KiB at most', () => {
    const filled = (size: number) => Buffer.concat([PNG], size)
    expect(logoOf(filled(256 * 1024)).problems).toEqual([])
    const { problems } = logoOf(filled(256 * 1024 + 1))
    expect(problems).toEqual([en.brandLogoLarge(join(folder, 'logo.txt'), 257)])
  })

  test('is a file that is there', () => {
    mkdirSync(join(folder, 'folder'))
    for (const [path, why] of [
      [join(folder, 'none.png'), 'ENOENT'],
      [join(folder, 'folder'), 'not a file'],
    ] as const) {
      expect(read({ BRAND_LOGO: path }).problems).toEqual([en.brandLogoUnread(path, why)])
    }
  })
})

test.each(['TERMS_URL', 'PRIVACY_URL'])('%s is https, or http on loopback', (name) => {
  for (const good of ['https://example.com/legal?v=1#all', 'http://localhost:8080/legal']) {
    expect(read({ [name]: good }).problems).toEqual([])
  }
  for (const bad of [
    'http://example.com/legal',
    'javascript:alert(1)',
    'data:text/html,x',
    '/legal',
    'https://user:secret@example.com/',
  ]) {
    expect(read({ [name]: bad }).problems).toEqual([en.clientUrl(name)])
  }
})
