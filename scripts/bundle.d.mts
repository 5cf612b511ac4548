import type { Plugin } from 'esbuild'

export function bundle(folder?: string, plugins?: Plugin[]): Promise<void>
