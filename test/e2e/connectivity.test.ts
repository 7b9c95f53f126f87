// Eight guests on four hosts and a machine of the user's LAN are one LAN: every pair by ARP, IPv4,
// IPv6, TCP and UDP; multicast, VLAN tags, large MTUs and frames of every size; a DHCP lease from
// the LAN's own server, and a login by ssh.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exactlyOnce, exchange } from '../support/frames.ts'
import { type Guest, startGuest } from '../support/guest.ts'
import { until } from '../support/netns.ts'
import { startTestNetwork, type TestMachine, type TestNetwork } from '../support/network.ts'
import { leaseFromDnsmasq, loginBySsh } from '../support/services.ts'

const TCP_BYTES = 100_000_000
/** Ethernet header 14, then one byte of each kind of trouble: fragments, MTU borders, large. */
const UDP_SIZES = [1, 18, 1472, 1473, 8972, 8973, 30_000]
const GROUP_V4 = '239.77.0.1'
const GROUP_V6 = 'ff02::7707'
const MULTICAST_PORT = 9_100

let network: TestNetwork
let machines: readonly TestMachine[]
const traffic = new Map<string, Guest>()

beforeAll(async () => {
  network = await startTestNetwork()
  machines = network.machines
  const started = machines.map(async (machine) => {
    traffic.set(machine.name, await startGuest(machine.name, machine))
  })
  await Promise.all(started)
})
afterAll(async () => {
  for (const guest of traffic.values()) guest.close()
  await network?.close()
})

test('there are eight guests on four hosts and the LAN machine', () => {
  expect(machines).toHaveLength(9)
  expect(new Set(machines.map((machine) => machine.host)).size).toBe(5)
})

test('every pair resolves by ARP and answers pings over IPv4 and IPv6', async () => {
  const seen = await Promise.all(
    machines.map(async (from) => {
      const others = machines.filter((to) => to !== from)
      const pings = others.flatMap((to) => [
        `ping -c 1 -W 3 ${to.ip}`,
        `ping -6 -c 1 -W 3 ${to.linkLocal}%${from.device}`,
      ])
      const script = pings.map((ping) => `${ping} >/dev/null || echo "${ping}"`).join('\n')
      const failed = await from.exec('sh', '-c', script)
      const neighbours = JSON.parse(await from.exec('ip', '-j', 'neigh', 'show'))
      const resolved = others.map((to) =>
        neighbours.find((entry: { dst: string }) => entry.dst === to.ip),
      )
      return { failed, macs: resolved.map((entry) => entry?.lladdr), others }
    }),
  )
  for (const { failed, macs, others } of seen) {
    expect(failed).toBe('')
    expect(macs).toEqual(others.map((to) => to.mac))
  }
})

test('TCP carries 100 MB between every pair unchanged', async () => {
  for (const [from, to] of pairsOf(machines)) {
    const outcome = await trafficOf(from).sendTcp(to.ip, TCP_BYTES)
    expect(outcome, `${from.name} to ${to.name}`).toMatchObject({
      sha256Received: outcome.sha256Sent,
    })
  }
})

test('UDP of every kind of size comes back from every machine', async () => {
  // One after the other: many at one guest would fill its socket's buffer.
  for (const from of machines) {
    for (const to of machines.filter((one) => one !== from)) {
      const answered = await trafficOf(from).sendUdp(to.ip, UDP_SIZES)
      expect(answered, `${from.name} to ${to.name}`).toEqual(UDP_SIZES)
    }
  }
})

test('multicast is heard once by all who joined', async () => {
  const texts = ['one', 'two', 'three']
  const onV4 = (at: TestMachine) => ({ port: MULTICAST_PORT, interface: at.ip })
  const onV6 = (at: TestMachine) => ({ port: MULTICAST_PORT, interface: `::%${at.device}` })
  const [sender, ...hearers] = machines
  if (sender === undefined) throw new Error('no machines')
  for (const hearer of hearers) {
    await trafficOf(hearer).join(GROUP_V4, onV4(hearer))
    await trafficOf(hearer).join(GROUP_V6, onV6(hearer))
  }
  await trafficOf(sender).multicast(GROUP_V4, texts, onV4(sender))
  await trafficOf(sender).multicast(GROUP_V6, texts, onV6(sender))
  for (const hearer of hearers) {
    for (const group of [GROUP_V4, GROUP_V6]) {
      const heard = () => trafficOf(hearer).heard(group)
      await until(async () => (await heard()).length >= texts.length, {
        what: `${group} at ${hearer.name}`,
      })
      expect(await heard()).toEqual(texts)
    }
  }
})

describe('raw frames', () => {
  const frames = 9014 - 60 + 1
  const ways = [
    ['two guests of one host', 'vm1', 'vm2'],
    ['two guests through the proxy', 'vm1', 'vm3'],
    ['a guest to the LAN', 'vm5', 'desk'],
    ['the LAN to a guest', 'desk', 'vm7'],
  ] as const

  // Each may drop frames, and count them, while other work keeps its threads from running.
  const options = { retry: 2 }

  test.for(ways)('of every size from 60 to 9014 bytes: %s', options, async ([, from, to]) => {
    const { sender, receiver } = await introduce(from, to)
    const [seen] = await exchange(
      sender,
      { device: sender.device, dst: receiver.mac, sizes: [60, 9014], framesPerSecond: 5_000 },
      [{ place: receiver, receive: { device: receiver.device, expect: frames } }],
    )
    expect(seen, await drops()).toEqual(exactlyOnce(frames))
  })

  test.for(ways)('with a VLAN tag: %s', options, async ([, from, to]) => {
    const { sender, receiver } = await introduce(from, to)
    const [seen] = await exchange(
      sender,
      {
        ...{ device: sender.device, dst: receiver.mac, sizes: [60, 9014], step: 107, vlan: 42 },
        framesPerSecond: 5_000,
      },
      [{ place: receiver, receive: { device: receiver.device, expect: 84 } }],
    )
    expect(seen, await drops()).toEqual(exactlyOnce(84, 42))
  })
})

test('guests talk in a VLAN of their own', async ({ skip }) => {
  const addresses = { vm2: '10.78.0.2', vm4: '10.78.0.4', vm8: '10.78.0.8' }
  for (const [name, address] of Object.entries(addresses)) {
    const { exec, device } = network.machine(name)
    const words = `link add link ${device} name tagged type vlan id 100`
    const problem = await exec('ip', ...words.split(' ')).then(() => '', String)
    skip(problem.includes('Unknown device type'), 'this kernel has no VLAN devices (8021q)')
    expect(problem).toBe('')
    await exec('ip', 'addr', 'add', `${address}/24`, 'dev', 'tagged')
    await exec('ip', 'link', 'set', 'tagged', 'up')
  }
  const { exec } = network.machine('vm2')
  for (const address of [addresses.vm4, addresses.vm8]) {
    await exec('ping', '-c', '2', '-i', '0.05', '-W', '3', address)
  }
})

test('a guest with MTU 9000 sends packets of 9000 bytes whole', async () => {
  for (const to of ['vm2', 'vm3', 'desk']) {
    const { exec } = network.machine('vm1')
    await exec(
      ...(['ping', '-c', '2', '-i', '0.05', '-W', '3'] as const),
      ...['-M', 'do', '-s', '8972', network.machine(to).ip],
    )
  }
})

test('a remote guest gets a DHCP lease from the server on the LAN', async () => {
  const lease = await leaseFromDnsmasq({
    server: network.machine('desk'),
    client: network.machine('vm6'),
    range: ['10.77.0.100', '10.77.0.120'],
  })
  expect(lease.address).toMatch(/^10\.77\.0\.1[0-2]\d$/)
  expect(lease.mac).toBe(network.machine('vm6').mac)
})

test('ssh logs in to a remote guest from the LAN', async () => {
  const output = await loginBySsh({
    server: network.machine('vm7'),
    client: network.machine('desk'),
    command: 'cat /sys/class/net/eth0/address',
  })
  expect(output.trim()).toBe(network.machine('vm7').mac)
})

function trafficOf(machine: TestMachine): Guest {
  const guest = traffic.get(machine.name)
  if (guest === undefined) throw new Error(`${machine.name} makes no traffic`)
  return guest
}

/** Each pair once; the direction alternates. */
function pairsOf(all: readonly TestMachine[]): [TestMachine, TestMachine][] {
  return all.flatMap((a, i) =>
    all.slice(i + 1).map((b, j): [TestMachine, TestMachine] => (j % 2 === 0 ? [a, b] : [b, a])),
  )
}

/** What the daemons dropped so far, for the message of a failed test. */
async function drops(): Promise<string> {
  const rows = ['proxy', 'alpha', 'beta', 'gamma', 'delta'].map(async (daemon) => {
    const counts = await network.admin(daemon).drops()
    return counts.map(({ where, reason, count }) => `${daemon} ${where}: ${count} ${reason}`)
  })
  return `drops: ${(await Promise.all(rows)).flat().join(', ')}`
}

/** Both ends, after each was heard by the other: an unknown address would meet the storm limit. */
async function introduce(from: string, to: string) {
  const sender = network.machine(from)
  const receiver = network.machine(to)
  await sender.exec('ping', '-c', '1', '-W', '3', receiver.ip)
  return { sender, receiver }
}
