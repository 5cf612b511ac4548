import type { ProviderRow } from './provider.ts'

/**
 * Whether a login may bring an ID token. If that depends on the scope `openid` and no scope is sent
 * at all, the settings in the provider's console decide.
 */
export const mayGiveIdToken = ({ idToken, scopes }: Pick<ProviderRow, 'idToken' | 'scopes'>) =>
  idToken === 'required' ||
  (idToken === 'with-openid' && (scopes.length === 0 || scopes.includes('openid')))
