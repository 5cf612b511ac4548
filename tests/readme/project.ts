import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { codeBlocks, english, ROOT } from './texts.ts'

/** The one block of a page whose first line names this file. */
export function snippet(page: string, file: string): string {
  const names = ({ code }: { code: string }) => code.split('\n', 1)[0]?.split(' ').includes(file)
  const found = codeBlocks(english(page)).filter(names)
  expect(found, `one block of ${file} in ${page}`).toHaveLength(1)
  return found[0]?.code ?? ''
}

/** A Python that has these modules: Debian's, or the one in PATH. */
export const pythonWith = (modules: readonly string[]): string | undefined =>
  ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', `import ${['sys', ...modules].join()}`]).status === 0,
  )

/** A folder as a reader of the pages has one. */
export interface Project {
  path: string
  /** Runs a program in it until `remove`, with this environment and no other, and waits until `url` answers. */
  serve(program: string, args: string[], env: Record<string, string>, url: string): Promise<void>
  remove(): Promise<void>
}

/** A project of ES modules with these files, and with the modules of this repository. */
export async function startProject(files: Record<string, string>): Promise<Project> {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-docs-'))
  await symlink(join(ROOT, 'node_modules'), join(path, 'node_modules'))
  await writeFile(join(path, 'package.json'), '{"type":"module"}')
  for (const [name, code] of Object.entries(files)) await writeFile(join(path, name), code)
  const running: ChildProcess[] = []
  return {
    path,
    async serve(program, args, env, url) {
      const child = spawn(program, args, {
        cwd: path,
        env: { PATH: process.env.PATH ?? '', ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      running.push(child)
      let said = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      await vi.waitFor(
        async () => {
          if (child.exitCode !== null) throw new Error(said)
          await fetch(url, { redirect: 'manual' })
        },
        { timeout: 20_000, interval: 100 },
      )
    },
    async remove() {
      for (const child of running) {
        const ended = new Promise((resolve) => child.once('close', resolve))
        if (child.exitCode === null && child.kill()) await ended
      }
      await rm(path, { recursive: true, force: true })
    },
  }
}
