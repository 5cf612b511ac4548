import { createHash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminError } from '../usage.ts'

/** How many files are used for what does not fit in memory. */
const FILES = 256
/** How many characters are held in memory before anything is written. */
const HELD = 16 * 1024 * 1024

/**
 * Groups items by key in bounded memory: small amounts in memory, in the order in which they came;
 * more in files that are unlinked once they are open, so that nothing is left of them, however this
 * process ends.
 */
export class Spool<Item> {
  #held: { key: string; line: string }[] = []
  #size = 0
  #files: number[] | null = null

  add(key: string, item: Item): void {
    const line = JSON.stringify([key, item])
    this.#held.push({ key, line })
    this.#size += line.length
    if (this.#size > HELD) this.#spread()
  }

  /** All items of each key. */
  *groups(): Generator<Item[]> {
    if (this.#files === null) yield* grouped(this.#held.map(({ line }) => line))
    else {
      this.#spread()
      for (const file of this.#files) yield* grouped(linesOf(file))
    }
  }

  close(): void {
    for (const file of this.#files ?? []) closeSync(file)
    this.#files = null
  }

  #spread(): void {
    try {
      this.#write()
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      throw new AdminError(
        `${tmpdir()} does not take what is to be sorted (${code}); nothing is imported. Make room there, or set TMPDIR to another folder.`,
        { cause },
      )
    }
  }

  #write(): void {
    this.#files ??= openNameless()
    const parts = this.#files.map((): string[] => [])
    for (const { key, line } of this.#held) parts[placeOf(key)]?.push(line, '\n')
    for (const [place, file] of this.#files.entries()) {
      const text = parts[place]?.join('') ?? ''
      // Writes all of it or fails: on a disk that is nearly full, a single write can be partial.
      if (text !== '') writeFileSync(file, text)
    }
    this.#held = []
    this.#size = 0
  }
}

const placeOf = (key: string) => createHash('sha256').update(key).digest().readUInt8(0) % FILES

function openNameless(): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'))
  try {
    return Array.from({ length: FILES }, (_, place) =>
      openSync(join(folder, String(place)), 'wx+', 0o600),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function linesOf(file: number): string[] {
  const buffer = Buffer.alloc(fstatSync(file).size)
  readSync(file, buffer, 0, buffer.length, 0)
  return buffer.toString('utf8').split('\n').slice(0, -1)
}

function* grouped<Item>(lines: readonly string[]): Generator<Item[]> {
  const groups = new Map<string, Item[]>()
  for (const line of lines) {
    const [key, item] = JSON.parse(line) as [string, Item]
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  yield* groups.values()
}
