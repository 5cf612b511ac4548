import { expect, test } from 'vitest'
import { readName } from '../../../src/upstream/outbound/name-servers.ts'

// What the machine's own look-up would find is found: another host would get what is for this one.

const HOSTS = `127.0.0.1 localhost # here
10.0.0.5\tid.example.com  Id
fe80::5%eth0 odd.example.com
2001:db8::5 id.example.com
# 10.0.0.6 commented.example.com`

const CLUSTER = `# of Kubernetes
search default.svc.cluster.local svc.cluster.local
nameserver 10.96.0.10
options timeout:1 ndots:5`

test.each([
  ['ID.example.com', ['10.0.0.5', '2001:db8::5']],
  ['id.example.com.', ['10.0.0.5', '2001:db8::5']],
  ['id', ['10.0.0.5']],
  ['example.com', []],
  ['commented.example.com', []],
  ['10.0.0.5', []],
])('/etc/hosts has for %s %j', (name, addresses) => {
  expect(readName(name, HOSTS, '').listed.map(({ address }) => address)).toEqual(addresses)
})

test.each([
  ['id.example.com', '', ['id.example.com']],
  ['id.example.com', 'search corp.example', ['id.example.com', 'id.example.com.corp.example']],
  ['id', 'domain corp.example', ['id.corp.example', 'id']],
  ['id', 'search a.example\nsearch b.example', ['id.b.example', 'id']],
  // A service of the cluster whose name somebody else has in public.
  [
    'login.dev',
    CLUSTER,
    ['login.dev.default.svc.cluster.local', 'login.dev.svc.cluster.local', 'login.dev'],
  ],
  ['login.dev.', CLUSTER, ['login.dev']],
  ['a.b.c.d.e.example', CLUSTER, expect.arrayContaining(['a.b.c.d.e.example'])],
])('%s is asked for by its full names, in the order of the machine: %j', (name, resolv, asked) => {
  expect(readName(name, '', resolv).asked).toEqual(asked)
})
