import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'

/** A file is no text in an encoding that is read: one of another encoding, a packed one, a picture. */
export class NotText extends Error {
  override readonly name = 'NotText'
}

/** UTF-8, but for the UTF-16 that tools of Windows write, with a byte order mark or without. */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8'
}

/**
 * A file's text as it is read, in pieces of up to 64 KiB, without a byte order mark.
 *
 * @throws NotText at the first byte that is none; what is guessed in its place would be stored as a name.
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
