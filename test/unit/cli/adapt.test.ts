// `vnet adapt`, `vnet pin A B PATH` and `vnet events`: what reaches the proxy, what people see.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ADAPT_VIEW } from '../../support/admin-adaptation.ts'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { vnet } from '../../support/cli.ts'

let daemon: FixedDaemon
beforeAll(async () => {
  daemon = await startFixedDaemon()
})
afterAll(() => daemon.close())
beforeEach(() => {
  daemon.asked.length = 0
})

const run = (line: string) => vnet(line, { env: { VNET_SOCKET: daemon.socket } })
const vm1 = '52:54:00:00:00:01'
const vm3 = '52:54:00:00:00:03'

test('the adaptation is shown: level, plan, links, pairs that are left alone', async () => {
  const { status, stdout } = await run('adapt')
  expect(status).toBe(0)
  expect(stdout).toContain('level        auto')
  expect(stdout).toContain('16 links a host, 10000 in total')
  expect(stdout).toContain('1 links; phase 0.100 s planned')
  expect(stdout).toMatch(/alpha - beta +adapt +up/)
  expect(stdout).toMatch(/beta - gamma +2 .*no way between them/)
  expect(JSON.parse((await run('adapt --json')).stdout)).toEqual(ADAPT_VIEW)
})

test('levels are set; others are refused before the proxy is asked', async () => {
  expect((await run('adapt recommend')).status).toBe(0)
  expect(daemon.asked).toEqual([['setLevel', 'recommend']])
  const { status, stderr } = await run('adapt on')
  expect(status).not.toBe(0)
  expect(stderr).toContain('off, recommend, auto')
  expect(daemon.asked).toHaveLength(1)
})

test('paths are pinned by address or name, and listed', async () => {
  expect((await run(`pin ${vm1} ${vm3} star`)).stdout).toContain(`${vm1} - ${vm3}: star`)
  expect(daemon.asked).toEqual([['setPathPin', { source: vm1, destination: vm3, path: 'star' }]])
  expect((await run('pin')).stdout).toMatch(/vm1 \(52:54:00:00:00:01\) .*direct/)
  expect((await run(`pin ${vm1} ${vm3} twice`)).stderr).toContain('star, direct or auto')
  expect((await run(`pin ${vm1} nobody star`)).stderr).toContain("no guest is called 'nobody'")
  expect(daemon.asked).toHaveLength(1)
})

test('events are told a line each, with their reason and plan', async () => {
  const { stdout } = await run('events')
  const lines = stdout.trim().split('\n')
  expect(lines[0]).toMatch(/link-up +alpha - beta +alpha dialled beta +\(plan 3\)$/)
  expect(lines[1]).toMatch(/rules-set +beta +2 rules/)
  const json = (await run('events -n 1 --json')).stdout.trim().split('\n')
  expect(json.map((line) => JSON.parse(line).action)).toEqual(['rules-set'])
})
