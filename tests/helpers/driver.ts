import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type postgres from 'postgres'
import { HUNKS } from '../../patches/postgres.mjs'

/** The folder of the installed driver. */
export const driverFolder = join(createRequire(import.meta.url).resolve('postgres'), '../../..')

/** A copy of the driver's package as it is published, or mended, and what removes it. */
export async function copyDriver({ mended }: { mended: boolean }) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-driver-'))
  await cp(join(driverFolder, 'src'), join(folder, 'src'), { recursive: true })
  await cp(join(driverFolder, 'package.json'), join(folder, 'package.json'))
  for (const { file, from, to } of mended ? [] : HUNKS) {
    const path = join(folder, file)
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace(to, () => from),
    )
  }
  const entry = pathToFileURL(join(folder, 'src/index.js')).href
  const load = async (): Promise<typeof postgres> => (await import(entry)).default
  return { folder, entry, load, remove: () => rm(folder, { recursive: true, force: true }) }
}
