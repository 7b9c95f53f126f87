// Exactly one copy of every frame arrives where it should: unicast with and without further rules,
// broadcast once at each other machine, and two ports bridged by mistake do not make a storm.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STORM_LIMIT_FRAMES_PER_SECOND } from '../../src/base/limits.ts'
import { exactlyOnce, exchange, type ReceiveOptions } from '../support/frames.ts'
import { until } from '../support/netns.ts'
import { startTestNetwork, type TestMachine, type TestNetwork } from '../support/network.ts'

const BROADCAST = 'ff:ff:ff:ff:ff:ff'
const FRAMES = 500
const RATE = 1_000
/** Time for all frames, and some more for late copies. */
const WATCH_MS = (FRAMES / RATE) * 1_000 + 700

let network: TestNetwork

beforeAll(async () => {
  network = await startTestNetwork()
})
afterAll(() => network?.close())

describe('unicast arrives once, and nowhere else', () => {
  test('by what was learned', () => expectOneCopy('vm1', 'vm3'))
  test('within one host', () => expectOneCopy('vm1', 'vm2'))
  test('from a guest to the LAN', () => expectOneCopy('vm1', 'desk'))
  test('from the LAN to a guest', () => expectOneCopy('desk', 'vm5'))

  test('with a matching extra rule to the proxy', async () => {
    const destination = network.machine('vm3').mac
    const rule = { destination, target: 'host:proxy' } as const
    await network.admin('alpha').setRule({ ...rule })
    await expectOneCopy('vm1', 'vm3')
    await network.admin('alpha').setRule({ ...rule, source: network.machine('vm1').mac })
    await expectOneCopy('vm1', 'vm3')
    await network.admin('alpha').removeRule({ destination, source: network.machine('vm1').mac })
    await network.admin('alpha').removeRule({ destination })
  })

  test('with a rule to the local port', async () => {
    const rule = { destination: network.machine('vm2').mac, target: 'port:vm2' } as const
    await network.admin('alpha').setRule(rule)
    await expectOneCopy('vm1', 'vm2')
    await expectOneCopy('vm3', 'vm2')
    await network.admin('alpha').removeRule({ destination: rule.destination })
  })

  test('over a fast path, with the default still there, and after it is gone', async () => {
    const [vm1, vm3] = [network.machine('vm1').mac, network.machine('vm3').mac]
    const link = { a: 'alpha', b: 'beta' }
    expect(await network.admin('proxy').addLink(link)).toMatchObject({ state: 'up' })
    await network.admin('alpha').setRule({ destination: vm3, target: 'host:beta' })
    await network.admin('beta').setRule({ destination: vm1, target: 'host:alpha' })
    await expectOneCopy('vm1', 'vm3')
    await expectOneCopy('vm3', 'vm1')
    await network.admin('alpha').removeRule({ destination: vm3 })
    await network.admin('beta').removeRule({ destination: vm1 })
    expect(await network.admin('proxy').removeLink(link)).toMatchObject({ state: 'removed' })
    await expectOneCopy('vm1', 'vm3')
  })
})

test('broadcast arrives once at each other machine', async () => {
  for (const name of ['vm1', 'vm8', 'desk']) {
    const sender = network.machine(name)
    const others = network.machines.filter((machine) => machine !== sender)
    const [own, ...seen] = await watch(sender, { dst: BROADCAST }, [
      { machine: sender, expect: 0 },
      ...others.map((machine) => ({ machine, expect: FRAMES })),
    ])
    expect(own?.received, `${name} hears itself`).toBe(0)
    expect(seen, `broadcast of ${name}`).toEqual(others.map(() => exactlyOnce(FRAMES)))
  }
})

test('multicast of unknown groups goes to each other machine once', async () => {
  const sender = network.machine('vm4')
  const others = network.machines.filter((machine) => machine !== sender)
  const seen = await watch(
    sender,
    { dst: '01:00:5e:7f:00:01' },
    others.map((machine) => ({ machine, expect: FRAMES })),
  )
  expect(seen).toEqual(others.map(() => exactlyOnce(FRAMES)))
})

test('two ports of one host bridged by mistake do not storm, and doctor names them', async () => {
  const [vm1, vm2] = [network.machine('vm1'), network.machine('vm2')]
  await bridge(vm1, vm2)
  const isOver = watch(network.machine('vm5'), { dst: BROADCAST, count: 4_000 }, [
    { machine: network.machine('vm7'), expect: 4_000 },
  ])
  const blocked = await until(
    async () => {
      const checks = await network.admin('alpha').doctor()
      return checks.find((check) => check.found.startsWith('blocked'))
    },
    { what: 'doctor finds the loop', timeoutMs: 4_000 },
  )
  expect(blocked.state).toBe('failed')
  for (const name of ['vm1', 'vm2']) {
    expect(blocked.found).toContain(`'${name}'`)
    expect(blocked.advice).toContain(`'${name}'`)
  }
  // Without a guard each of the frames would circle for ever. A few pass before it is noticed.
  const [seen] = await isOver
  expect(seen?.distinct).toBe(4_000)
  expect(seen?.duplicates).toBeLessThan(STORM_LIMIT_FRAMES_PER_SECOND)
  const { ip } = network.machine('vm5')
  await network.machine('vm3').exec('ping', '-c', '3', '-i', '0.1', '-W', '3', ip)
  await unbridge(vm1, vm2)
  await until(() => vm1.exec('ping', '-c', '1', '-W', '1', network.machine('vm3').ip), {
    what: 'vm1 is back after the loop is gone',
    timeoutMs: 30_000,
  })
})

interface Watcher {
  readonly machine: TestMachine
  readonly expect: number
}

/** Sends numbered frames of different sizes at a rate below the storm limit, and counts copies. */
function watch(
  sender: TestMachine,
  send: { readonly dst: string; readonly count?: number },
  watchers: readonly Watcher[],
) {
  const receivers = watchers.map(({ machine, expect: frames }) => {
    const receive: ReceiveOptions = {
      device: machine.device,
      expect: frames,
      timeoutMs: frames === 0 ? WATCH_MS : 10_000,
    }
    return { place: machine, receive }
  })
  const options = { device: sender.device, count: FRAMES, framesPerSecond: RATE }
  return exchange(sender, { ...options, ...send }, receivers)
}

async function expectOneCopy(from: string, to: string): Promise<void> {
  const sender = network.machine(from)
  const receiver = network.machine(to)
  await sender.exec('ping', '-c', '1', '-W', '3', receiver.ip) // both addresses are learned
  const bystanders = network.machines.filter(
    (machine) => machine !== sender && machine !== receiver,
  )
  const [seen, ...elsewhere] = await watch(sender, { dst: receiver.mac }, [
    { machine: receiver, expect: FRAMES },
    ...bystanders.map((machine) => ({ machine, expect: 0 })),
  ])
  expect(seen, `${from} to ${to}`).toEqual(exactlyOnce(FRAMES))
  for (const [index, other] of elsewhere.entries()) {
    expect(other.received, `copies at ${bystanders[index]?.name}`).toBe(0)
  }
}

/** Joins the inner sides of two ports: a cable between the guests, and a bridge in each. */
async function bridge(a: TestMachine, b: TestMachine): Promise<void> {
  await a.exec('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'far')
  await a.exec('ip', 'link', 'set', 'far', 'netns', b.netns)
  for (const [machine, end] of [
    [a, 'cable'],
    [b, 'far'],
  ] as const) {
    await machine.exec('ip', 'link', 'add', 'mistake', 'type', 'bridge')
    await machine.exec('ip', 'link', 'set', machine.device, 'master', 'mistake')
    await machine.exec('ip', 'link', 'set', end, 'master', 'mistake')
    await machine.exec('ip', 'link', 'set', end, 'up')
    await machine.exec('ip', 'link', 'set', 'mistake', 'up')
  }
}

async function unbridge(a: TestMachine, b: TestMachine): Promise<void> {
  await a.exec('ip', 'link', 'del', 'cable')
  for (const machine of [a, b]) {
    await machine.exec('ip', 'link', 'set', machine.device, 'nomaster')
    await machine.exec('ip', 'link', 'del', 'mistake')
  }
}
