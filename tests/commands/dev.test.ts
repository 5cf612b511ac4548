import { spawn } from 'node:child_process'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../helpers/database.ts'
import { freePort, newFolder } from '../helpers/server-process.ts'

const DEV = join(import.meta.dirname, '../../patches/dev.mjs')

test('npm run dev serves anew when .env changes, waits where it is wrong, and ends by a signal', async () => {
  const database = await createTestDatabase()
  const folder = await newFolder()
  const { host, port: at, username, database: name } = database.connection
  const port = await freePort()
  const file = join(folder.path, '.env')
  const child = spawn(process.execPath, [DEV], {
    cwd: folder.path,
    env: {
      ...{ PATH: process.env.PATH, HOME: folder.path, PORT: String(port) },
      DATABASE_URL: `postgres://${username}@/${name}?host=${host}&port=${at}`,
    },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
    await database.drop()
    await folder.remove()
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const says = (words: string) => expect.poll(() => said, { timeout: 20_000 }).toContain(words)
  const page = () => fetch(`http://localhost:${port}/login`).then((answer) => answer.text())

  await says('Latchkey serves')
  expect(await page()).not.toContain('Acorn')
  await writeFile(file, 'ACCESS_TOKEN_TTL=soon\n')
  await says('ACCESS_TOKEN_TTL must be a duration')
  said = ''
  await writeFile(file, 'BRAND_NAME=Acorn\n')
  // As an editor leaves it: later than before, whatever the file system's clock can tell apart.
  await utimes(file, new Date(), new Date(Date.now() + 2_000))
  await says('Latchkey serves')
  expect(await page()).toContain('Acorn')
})
