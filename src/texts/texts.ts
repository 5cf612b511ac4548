import type { en } from './en.ts'
import type { ServerTexts } from './shape.ts'

/**
 * All that is said to people in one language; the compiler asks for each text in every language. What
 * the scripts of the playground and the emulator say has the shape of the English texts.
 */
export type Texts = ServerTexts & Pick<typeof en, 'playgroundScript' | 'emulator'>
