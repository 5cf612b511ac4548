import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProgram, whyMissing } from './programs.ts'

const MODULES = '/usr/lib/apache2/modules'
const LOADED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'dir']

/** Why the tests of Apache's mod_auth_openidc are skipped; null where they can run. */
export const whyNoApache = (): string | null =>
  whyMissing('apache2') ??
  (existsSync(join(MODULES, 'mod_auth_openidc.so'))
    ? null
    : 'needs mod_auth_openidc: apt-get install libapache2-mod-auth-openidc')

/**
 * Starts an Apache with mod_auth_openidc at a port of this machine, with this configuration behind its
 * own; each of `pages` is a folder with a page. Gives what stops it.
 */
export async function startApache(
  port: number,
  configuration: string,
  pages: readonly string[],
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-apache-'))
  await chmod(folder, 0o755)
  for (const page of ['', ...pages]) {
    await mkdir(join(folder, 'pages', page), { recursive: true })
    await writeFile(join(folder, 'pages', page, 'index.html'), `the page ${page}\n`)
  }
  const file = join(folder, 'apache.conf')
  const isRoot = process.getuid?.() === 0
  const lines = [
    `ServerRoot ${folder}`,
    `PidFile ${join(folder, 'apache.pid')}`,
    `DefaultRuntimeDir ${folder}`,
    `Listen 127.0.0.1:${port}`,
    `ServerName localhost:${port}`,
    ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `LoadModule auth_openidc_module ${MODULES}/mod_auth_openidc.so`,
    ...(isRoot ? ['User www-data', 'Group www-data'] : []),
    `ErrorLog ${join(folder, 'error.log')}`,
    `DocumentRoot ${join(folder, 'pages')}`,
    'DirectoryIndex index.html',
    'LogLevel warn',
    configuration,
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  // One process, which ends as soon as it is asked to.
  const args = ['-X', '-f', file]
  const stop = await startProgram('apache2', args, () => fetch(`http://127.0.0.1:${port}/`), {
    file,
  })
  return async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
}
