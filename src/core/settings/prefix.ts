/** The prefix of a provider's settings: `GOOGLE_`. */
export const settingsPrefix = (id: string) => `${id.toUpperCase().replaceAll('-', '_')}_`
