// The proxy of fifty hosts is killed and started again: the whole star is back within 5 s of the
// start, and each host costs the same few control messages, however many others there are.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Network, startNetwork } from '../../bench/daemons.ts'
import { type Fleet, startFleet } from '../support/fleet.ts'
import { createSandbox, type Sandbox, until } from '../support/netns.ts'

const HOSTS = 50
const PROXY = { address: '127.0.0.1', port: 7707 }
const RECOVERY_MS_MAX = 5_000
/**
 * Hello both ways, the MACs, a report, what the proxy tells each host (pins and the like); for the
 * traffic matrix four questions for the time and their answers, names, some first reports.
 */
const MESSAGES_PER_HOST_MAX = 24

let sandbox: Sandbox
let fleet: Fleet
let startProxy: () => Promise<Network>
let proxy: Network

beforeAll(async () => {
  sandbox = createSandbox('f')
  const namespace = await sandbox.addNamespace('ground')
  startProxy = () => startNetwork({ folder: sandbox.folder, namespace, ...PROXY })
  proxy = await startProxy()
  const { token } = await proxy.proxy.admin.createToken({ uses: HOSTS })
  const folder = join(sandbox.folder, 'fleet')
  fleet = await startFleet(namespace, { count: HOSTS, folder, proxy: PROXY, token })
  await untilAllUp()
})
afterAll(async () => {
  fleet?.close()
  await proxy?.close()
  await sandbox?.close()
})

test('50 hosts are back within 5 s of the start of a killed proxy, without a storm', async () => {
  const before = await fleet.state()
  process.kill(proxy.proxy.pid, 'SIGKILL')
  await until(async () => (await fleet.state()).hostsUp === 0, { what: 'the end of all links' })
  const startMs = performance.now()
  proxy = await startProxy()
  await untilAllUp()
  const tookMs = performance.now() - startMs
  const macs = async () => (await proxy.proxy.admin.macs()).length === HOSTS
  await until(macs, { what: 'a MAC address of each host' })
  const after = await fleet.state()
  const spent = fleet.names.map(
    (name) => (after.messages[name] ?? 0) - (before.messages[name] ?? 0),
  )
  expect(tookMs).toBeLessThan(RECOVERY_MS_MAX)
  expect(Math.max(...spent)).toBeLessThanOrEqual(MESSAGES_PER_HOST_MAX)
})

async function untilAllUp(): Promise<void> {
  const areUp = async () => {
    const { hostsUp } = await proxy.proxy.admin.status()
    return hostsUp === HOSTS && (await fleet.state()).hostsUp === HOSTS
  }
  await until(areUp, { what: `${HOSTS} star links`, intervalMs: 20, timeoutMs: 20_000 })
}
