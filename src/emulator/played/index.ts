import type { PlayedProvider } from '../provider.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { kakao } from './kakao.ts'

/** Every provider that the emulator can play. */
export const played: readonly PlayedProvider[] = [google, kakao, github, gitlab]
