const names = ['localhost', '127.0.0.1', '[::1]']

/** True for a host name that never leaves this machine. */
export function isLoopbackName(name: string): boolean {
  return names.includes(name.toLowerCase())
}

/** True for a URL at such a name, the only ones that the emulator calls. */
export function isLoopbackUrl(text: string): boolean {
  return URL.canParse(text) && isLoopbackName(new URL(text).hostname)
}
