import type { ProviderRow } from './provider.ts'

/**
 * Whether a login may bring an ID token. Where that hangs on the scope `openid` and no scope is sent at all,
 * what is switched on in the provider's console decides.
 */
export const mayGiveIdToken = ({ idToken, scopes }: Pick<ProviderRow, 'idToken' | 'scopes'>) =>
  idToken === 'required' ||
  (idToken === 'with-openid' && (scopes.length === 0 || scopes.includes('openid')))
