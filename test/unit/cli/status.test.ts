// What `vnet status` says where the daemon of the fixed answers (a proxy) has nothing to say.

import { expect, it } from 'vitest'
import { paintOff } from '../../../src/cli/output.ts'
import { viewStatus } from '../../../src/cli/views/status.ts'
import { STATUS } from '../../support/admin-data.ts'
import { NOW_MS } from '../../support/admin-links.ts'

it.each([
  [0, 0, 'fast paths   0'],
  [3, 0, 'fast paths   3, 0 by UDP'],
  [3, 2, 'fast paths   3, 2 by UDP'],
])('a host with %d fast paths, %d by UDP', (fastPaths, fastPathsByUdp, line) => {
  const host = { ...STATUS, role: 'host', star: 'up', fastPaths, fastPathsByUdp } as const
  const lines = viewStatus(host, { paint: paintOff, nowMs: NOW_MS }).split('\n')
  expect(lines).toContain(line)
})
