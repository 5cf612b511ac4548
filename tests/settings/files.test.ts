import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileError } from '../../src/core/settings/file-problem.ts'
import {
  namesCutInFile,
  readEnvironment,
  readEnvironmentFile,
} from '../../src/settings/environment.ts'
import { readOrMakeSecret } from '../../src/settings/secret-file.ts'
import { buildModule } from '../helpers/built-module.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a .env', () => {
  const TEXT = 'PORT=4000\n'
  const read = (bytes: Buffer) => {
    writeFileSync(join(folder, '.env'), bytes)
    return readEnvironmentFile(join(folder, '.env'))
  }

  test('in UTF-8 counts, with a byte order mark or without; none at all says nothing', () => {
    expect(readEnvironmentFile(join(folder, '.env'))).toEqual({})
    expect(read(Buffer.from(TEXT))).toEqual({ PORT: '4000' })
    expect(read(Buffer.from(`\ufeff${TEXT}`))).toEqual({ PORT: '4000' })
  })

  test.each([
    ['with a byte order mark', `\ufeff${TEXT}`],
    ['without one', TEXT],
  ])('in UTF-16 is refused and named: %s', (_, text) => {
    expect(() => read(Buffer.from(text, 'utf16le'))).toThrow(FileError)
    expect(() => read(Buffer.from(text, 'utf16le'))).toThrow('it looks like UTF-16')
  })

  test.each([
    ['a value of several lines without quotes', 'A=1\nKEY=-----BEGIN\ncanary\n-----END\nB=2', 3],
    ['a name alone', 'A=1\n\n# a comment\nPORT 4000\nSIGN_UP=closed', 4],
    ['a value alone', 'A=1\n=canary\nB=2', 2],
    ['a colon', 'A=1\nSECRET: canary\nB=2', 2],
    ['a name at the end', 'A=1\nMETRICS', 2],
  ])(
    'with %s is refused by the number of the line, and without what stands there',
    (_, text, line) => {
      const reading = () => read(Buffer.from(text))
      expect(reading).toThrow(FileError)
      expect(reading).toThrow(`line ${line} is neither`)
      expect(reading).not.toThrow('canary')
    },
  )

  test('in another encoding, or with a quote that never ends, is refused', () => {
    expect(() => read(Buffer.from([0x41, 0x3d, 0xb1, 0xe8]))).toThrow('is not UTF-8')
    expect(() => read(Buffer.from('A="b\nC=1'))).toThrow('in line 1 a quote begins that')
  })

  test('with a quote that is forgotten is refused, also where the next value has some', () => {
    const closed = 'A=1\nSECRET="canary"\nSIGN_UP="closed" # c\n'
    expect(read(Buffer.from(closed))).toMatchObject({ SECRET: 'canary', SIGN_UP: 'closed' })
    const reading = () => read(Buffer.from(closed.replace('canary"', 'canary')))
    expect(reading).toThrow('in line 2 a quote begins that')
    expect(reading).not.toThrow('canary')
  })

  test('has what shells and editors write', () => {
    const text = `export A=1\r\n  B = two words  \r\n# c\r\n\r\nC="x\r\ny" # z\r\nD='#1'\r\nE=\r\nF=a.b-c=d\r\n`
    const values = { A: '1', B: 'two words', C: 'x\ny', D: '#1', E: '', F: 'a.b-c=d' }
    expect(read(Buffer.from(text))).toEqual(values)
    expect(read(Buffer.from(text.replaceAll('\r\n', '\r')))).toEqual(values)
  })

  test('loses no setting to blanks that nobody sees', () => {
    const clean = 'A=1\n\nB=2\nC=3\nexport D=4\nE=5\nF="6\n \n7"\n2G=8\n'
    const values = { A: '1', B: '2', C: '3', D: '4', E: '5', F: '6\n \n7', '2G': '8' }
    expect(read(Buffer.from(clean))).toEqual(values)
    const blank =
      'A=1 \n  \nB=2\n\tC=3\nexport   D=4\nE\t=\t5\t\n\t\nF = "6\n \n7"\n\u00a02G=8\n \n'
    expect(read(Buffer.from(blank))).toEqual(values)
  })

  test('names the values that end at a #, and not those before a comment', () => {
    const path = join(folder, '.env')
    writeFileSync(path, 'A=a#b\nB=a #b\nC="a#b"\nD=#0b57d0\nE= # none\n#F=a#b\nG=a # b#c\n')
    expect(namesCutInFile(path)).toEqual(['A', 'D'])
  })

  test('that cannot be read is refused and not overlooked', () => {
    mkdirSync(join(folder, '.env'))
    const reading = () => readEnvironmentFile(join(folder, '.env'))
    expect(reading).toThrow(FileError)
    expect(reading).toThrow('is there and cannot be read')
  })
})

describe('the environment of the process', () => {
  test.each([
    ['double quotes', `A="b c"`],
    ['single quotes', `A='b c'`],
    ['blanks around them', `A= "b c" `],
    ['line ends in one line', 'A="-----BEGIN\\nx\\n-----END"'],
    ['line ends that single quotes keep', String.raw`A='b\nc'`],
    ['nothing in them', 'A=""'],
    ['no quotes', 'A=b'],
  ])('has what .env would have, from readers that leave the quotes on: %s', (_, line) => {
    writeFileSync(join(folder, '.env'), `${line}\n`)
    const inFile = readEnvironmentFile(join(folder, '.env'))
    expect(readEnvironment({}, { A: line.slice('A='.length) })).toEqual(inFile)
  })

  test('wins over the file, and keeps quotes that are not around a whole value', () => {
    const own = { A: '"a","b"', B: `"it's"`, C: `"a`, D: `'`, E: 'a"', F: undefined }
    expect(readEnvironment({ A: 'file', G: 'file' }, own)).toEqual({
      ...own,
      ...{ B: "it's", G: 'file' },
    })
  })
})

describe('the secret in the data folder', () => {
  const path = () => join(folder, 'data/secret')

  test('is made once, for its owner only', () => {
    const secret = readOrMakeSecret(join(folder, 'data'))
    expect(secret.length).toBeGreaterThan(32)
    expect((statSync(path()).mode & 0o777).toString(8)).toBe('600')
    expect(readOrMakeSecret(join(folder, 'data'))).toBe(secret)
  })

  test('is the one of whoever was there first, where two start for the first time at once', () => {
    const theirs = 'x'.repeat(43)
    const module = buildModule('settings/secret-file.ts')
    const program = `import fs from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      const { linkSync } = fs
      // The other one is done just before.
      fs.linkSync = (...files) => {
        fs.writeFileSync('data/secret', '${theirs}')
        linkSync(...files)
      }
      syncBuiltinESMExports()
      const { readOrMakeSecret } = await import(${JSON.stringify(module)})
      process.stdout.write(readOrMakeSecret('data'))`
    const args = ['--input-type=module', '-e', program]
    const start = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    expect([start.stdout, start.stderr]).toEqual([theirs, ''])
    expect(readFileSync(path(), 'utf8')).toBe(theirs)
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret'])
  })

  test('is whole or not there: a start on a full disk leaves none that the next one would refuse', () => {
    const before = readOrMakeSecret(join(folder, 'control'))
    const module = buildModule('settings/secret-file.ts')
    const program = `import { readOrMakeSecret } from ${JSON.stringify(module)}; readOrMakeSecret('data')`
    const args = ['--input-type=module', '-e', program]
    // No file may have a byte, as where the disk is full.
    const shell = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`
    const start = spawnSync('/bin/sh', ['-c', shell, process.execPath, ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(start.stderr).toContain('EFBIG')
    expect(readdirSync(join(folder, 'data'))).toEqual([])
    expect(readOrMakeSecret(join(folder, 'data'))).toHaveLength(before.length)
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret'])
  })

  test.each([
    ['', 'empty'],
    ['short\n', 'too short'],
  ])('that is %j is refused: it is %s', (content, words) => {
    mkdirSync(join(folder, 'data'))
    writeFileSync(path(), content)
    const reading = () => readOrMakeSecret(join(folder, 'data'))
    expect(reading).toThrow(FileError)
    expect(reading).toThrow(`The secret in ${path()} is ${words}`)
  })
})
