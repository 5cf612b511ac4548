/** The scopes that a request names, each as it was written. */
export const askedScopes = (requested: string | undefined): string[] =>
  (requested ?? '').split(' ').filter(Boolean)
