import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { linesWith, runDoctor } from '../../helpers/doctor.ts'
import { newFolder } from '../../helpers/server-process.ts'

/** What the doctor says of a data folder, which it leaves as it is. */
async function askedOf(change: (home: string) => Promise<void>, language: 'en' | 'ko' = 'en') {
  const { path, remove } = await newFolder()
  onTestFinished(remove)
  const dataDir = join(path, 'data')
  await change(dataDir)
  const before = await readdir(path, { recursive: true })
  const report = await runDoctor({ DATA_DIR: dataDir }, { offline: true, language })
  expect(await readdir(path, { recursive: true })).toEqual(before)
  return report
}

const good = '✓ Latchkey starts its own PostgreSQL server; the data is in'

describe('of a folder for the embedded server the doctor says', () => {
  test.each<[string, (home: string) => Promise<unknown>]>([
    ['is not made yet', async () => undefined],
    ['is empty', (home) => mkdir(join(home, 'postgres'), { recursive: true })],
  ])('that all is well where it %s', async (_is, make) => {
    const report = await askedOf(async (home) => void (await make(home)))
    expect(report.text).toContain(good)
    expect(report.exitCode).toBe(0)
  })

  test.each<[string, (home: string) => Promise<unknown>, string]>([
    ['is a file', (home) => writeFile(home, ''), 'ENOTDIR'],
    [
      'holds something else',
      async (home) => {
        await mkdir(join(home, 'postgres'), { recursive: true })
        await writeFile(join(home, 'postgres/PG_VERSION'), '18')
      },
      'is not a complete PostgreSQL data folder',
    ],
  ])('what a start would where it %s', async (_is, make, words) => {
    const report = await askedOf(async (home) => void (await make(home)))
    expect(linesWith(report, 'It cannot be used (DATA_DIR)')).toHaveLength(1)
    expect(report.text).toContain(words)
    expect(report.text).not.toContain(good)
    expect(report.exitCode).toBe(1)
  })

  test('what a start would where it may not be written', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'needs an ordinary user: root may write anywhere')
    const report = await askedOf(async (home) => {
      await mkdir(home)
      await chmod(home, 0o500)
    })
    expect(report.text).toContain('EACCES')
    expect(report.exitCode).toBe(1)
  })

  test.each<[string, (home: string) => Promise<unknown>, string]>([
    [
      'a folder that is a file',
      (home) => writeFile(home, ''),
      '자체 데이터베이스를 시작할 수 없습니다',
    ],
    [
      'a folder that holds something else',
      async (home) => {
        await mkdir(join(home, 'postgres'), { recursive: true })
        await writeFile(join(home, 'postgres/PG_VERSION'), '18')
      },
      '온전한 PostgreSQL 데이터 폴더가 아니며',
    ],
    [
      'an empty secret',
      async (home) => {
        await mkdir(home)
        await writeFile(join(home, 'secret'), '')
      },
      '비밀 값이 비어 있습니다',
    ],
    [
      'a secret that is a folder',
      (home) => mkdir(join(home, 'secret'), { recursive: true }),
      '비밀 값을 읽을 수 없습니다',
    ],
  ])('%s in Korean in a Korean report', async (_what, make, words) => {
    const report = await askedOf(async (home) => void (await make(home)), 'ko')
    expect(report.text).toContain(words)
    expect(report.text).not.toMatch(/Set DATA_DIR|or set |The secret|The folder|cannot be/)
    expect(report.exitCode).toBe(1)
  })

  test.each([
    ['', 'is empty'],
    ['short', 'is too short'],
    ['a'.repeat(43), null],
  ])('whether the secret in it is one: %j', async (secret, words) => {
    const report = await askedOf(async (home) => {
      await mkdir(home)
      await writeFile(join(home, 'secret'), secret)
    })
    expect(linesWith(report, 'The secret in')).toHaveLength(words === null ? 0 : 1)
    if (words !== null) expect(report.text).toContain(words)
    expect(report.exitCode).toBe(words === null ? 0 : 1)
  })

  test.each([
    [0o777, 0o600, ['can change what is in']],
    [0o755, 0o644, ['can read or change the secret in']],
    [0o755, 0o602, ['can read or change the secret in']],
    // Controls: a group may, and in a folder such as /tmp nobody changes what is another's.
    [0o775, 0o660, []],
    [0o1777, 0o600, []],
  ] as [number, number, string[]][])(
    'what others can do in it: mode %o with a secret of %o',
    async (folder, file, words) => {
      const report = await askedOf(async (home) => {
        await mkdir(home)
        await writeFile(join(home, 'secret'), 'a'.repeat(43))
        await chmod(join(home, 'secret'), file)
        await chmod(home, folder)
      })
      expect(linesWith(report, 'user of this machine')).toHaveLength(words.length)
      for (const each of words) expect(report.text).toContain(each)
      // It is served all the same.
      expect(report.exitCode).toBe(0)
    },
  )

  test.each([
    [4711, true],
    // The control: its own.
    [null, false],
  ])('that it belongs to another user than %s', async (uid, isAnothers) => {
    const report = await askedOf(async (home) => {
      await mkdir(home)
      if (process.getuid?.() === 0) await chown(home, 1000, 1000)
      const own = process.getuid?.() === 0 ? 1000 : Number(process.getuid?.())
      const user = vi.spyOn(process as { getuid(): number }, 'getuid').mockReturnValue(uid ?? own)
      onTestFinished(() => user.mockRestore())
    })
    expect(linesWith(report, 'belongs to another user')).toHaveLength(isAnothers ? 1 : 0)
  })
})
