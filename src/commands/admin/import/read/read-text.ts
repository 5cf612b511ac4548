import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'

/**
 * A file is not text in a supported encoding: it has another one, is compressed, or is a picture.
 */
export class NotText extends Error {
  override readonly name = 'NotText'
}

/** UTF-8, or the UTF-16 that Windows tools write, with or without a byte order mark. */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8'
}

/**
 * A file's text as it is read, in pieces of up to 64 KiB, without a byte order mark.
 *
 * @throws NotText at the first byte that is not text; a guess in its place would be stored as a
 * name.
 */
export async function* readText(path: string): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null
  const decode = (bytes?: Buffer) => {
    try {
      decoder ??= new TextDecoder(encodingOf(bytes ?? Buffer.alloc(2, 'x')), { fatal: true })
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch (cause) {
      throw new NotText('not text', { cause })
    }
  }
  for await (const bytes of createReadStream(path)) {
    const text = decode(bytes as Buffer)
    if (text.includes('\0')) throw new NotText('a zero byte')
    yield text
  }
  yield decode()
}

/** Its lines, whichever way they end. */
export async function* readTextLines(path: string): AsyncGenerator<string> {
  let begun = ''
  for await (const text of readText(path)) {
    const lines = text.split('\n')
    lines[0] = begun + lines[0]
    begun = lines.pop() ?? ''
    yield* lines
  }
  yield begun
}
