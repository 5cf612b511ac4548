import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  chooseBinaries,
  type PostgresBinaries,
  type TriedBinaries,
} from '../../src/db/embedded/binaries.ts'
import {
  choosePostgresFolder,
  handOver,
  makeSocketFolder,
  type PostgresFolder,
} from '../../src/db/embedded/folder.ts'
import { startWatched } from '../../src/db/embedded/process.ts'
import { newFolder } from './server-process.ts'

/** The superuser of a server that is made here. */
export const SUPERUSER = 'postgres'

/** A data folder that no server runs in yet, and what is needed to run one. */
export interface MadeFolder {
  /** Around all of it; whoever made it removes it. */
  home: { path: string; remove(): Promise<void> }
  folder: PostgresFolder
  binaries: TriedBinaries
  sockets: string
}

/** Makes a data folder whose server wants passwords (SCRAM), with this one of the superuser. */
export async function makePostgresFolder(
  candidates: AsyncIterable<PostgresBinaries>,
  password: string,
): Promise<MadeFolder> {
  const home = await newFolder()
  const folder = await choosePostgresFolder(home.path, () => undefined)
  const { user, path: data } = folder
  const binaries = await chooseBinaries(candidates, home.path, user)
  const sockets = await makeSocketFolder(user)
  await mkdir(data)
  await handOver(data, user)
  const passwordFile = join(home.path, 'password')
  await writeFile(passwordFile, password)
  const making = ['--auth=scram-sha-256', `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`]
  const args = ['-D', data, ...making, '--encoding=UTF8', '--locale=C', '--no-sync']
  const made = startWatched({ command: binaries.initdb, args, data, sockets, user })
  await made.ended
  expect(made.exitCode(), made.lines.join('\n')).toBe(0)
  return { home, folder, binaries, sockets }
}
