// The overlay that the tests of options look at: guests behind every kind of port, on hosts that
// offer super-frames to each other and on one that does not.
//
//   full, plain ------------- alpha --+
//   taken, untaken,                   |
//   bridged, emulated, pcap - beta ---+-- wan (bridge) -- proxy
//   taken, untaken, pcap ---- gamma --+   (gamma: offload: false, one worker)
//
// Only `full` and `taken` have agreed to super-frames with their daemon. `bridged` is behind a
// kernel bridge and a veth that does nothing for its sender; `emulated` behind a bridge and a TAP
// opened without virtio-net headers by another program, as QEMU opens one with vnet_hdr=off.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Daemon, type Network, startNetwork } from '../../bench/daemons.ts'
import { type MacAddress, parseMac } from '../../src/base/mac.ts'
import type { LinkInfo } from '../../src/plane/plane.ts'
import { type Guest, startGuest } from './guest.ts'
import { createSandbox, type Namespace, type Sandbox, until } from './netns.ts'
import { addWan } from './wan.ts'
import { makeBare } from './wire.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PORT = 7707
const DEVICE = 'eth0'

/** How a guest hangs on its daemon. */
export type PortKind = 'offloaded' | 'plain' | 'bridged' | 'emulated' | 'captured'

/** All guests, each with its host and the kind of its port. */
const GUESTS = [
  ['full', 'alpha', 'offloaded'],
  ['plain', 'alpha', 'plain'],
  ['taken', 'beta', 'offloaded'],
  ['untaken', 'beta', 'plain'],
  ['bridged', 'beta', 'bridged'],
  ['emulated', 'beta', 'emulated'],
  ['captured', 'beta', 'captured'],
  ['taken2', 'gamma', 'offloaded'],
  ['untaken2', 'gamma', 'plain'],
  ['captured2', 'gamma', 'captured'],
] as const
const HOSTS = ['alpha', 'beta', 'gamma'] as const
type HostName = (typeof HOSTS)[number]

export type Transport = 'star' | 'tcp' | 'udp'

export interface OptionsGuest {
  readonly name: string
  readonly host: HostName
  readonly kind: PortKind
  readonly device: string
  readonly mac: MacAddress
  readonly ip: string
  readonly ip6: string
  readonly namespace: Namespace
  readonly traffic: Guest
}

export interface OptionsNetwork {
  readonly guests: readonly OptionsGuest[]
  guest(name: string): OptionsGuest
  /** From now on alpha's guests and those of `host` talk so; resolves when it is so. */
  useTransport(host: 'beta' | 'gamma', transport: Transport): Promise<void>
  /** The fast path between alpha and `host` as alpha sees it. */
  fastPath(host: string): Promise<LinkInfo | undefined>
  /** What the daemons dropped so far, for the message of a failed test. */
  drops(): Promise<string>
  /** Of all guests, and of what lies between them and their daemons. */
  setMtu(mtu: number): Promise<void>
  close(): Promise<void>
}

interface Build {
  readonly sandbox: Sandbox
  readonly network: Network
  readonly guests: OptionsGuest[]
  readonly daemons: Map<string, Daemon>
  /** Devices whose MTU matters to guests. */
  readonly devices: { readonly namespace: Namespace; readonly device: string }[]
}

/** Brings the overlay up, with star links only. */
export async function startOptionsNetwork(): Promise<OptionsNetwork> {
  execFileSync(join(ROOT, 'scripts/build-emulator'))
  const sandbox = createSandbox('t')
  try {
    return operate(await build(sandbox))
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

async function build(sandbox: Sandbox): Promise<Build> {
  const wan = await addWan(sandbox, 'wan0')
  const network = await startNetwork({
    folder: sandbox.folder,
    namespace: await wan.addMachine('proxy', '10.99.0.1'),
    address: '10.99.0.1',
    port: PORT,
  })
  const parts: Build = { sandbox, network, guests: [], daemons: new Map(), devices: [] }
  for (const [index, host] of HOSTS.entries()) {
    const address = `10.99.0.${index + 2}`
    await addHost(parts, { host, address, namespace: await wan.addMachine(host, address) })
  }
  return parts
}

async function addHost(
  parts: Build,
  at: { readonly host: HostName; readonly address: string; readonly namespace: Namespace },
): Promise<void> {
  const { host, address, namespace } = at
  const own = GUESTS.map(([name, on, kind], index) => ({ name, on, kind, number: index + 1 }))
  const places = own
    .filter(({ on }) => on === host)
    .map(async (guest) => ({
      ...guest,
      place: await parts.sandbox.addNamespace(guest.name),
      between: await addBetween(parts.sandbox, guest.name, guest.kind),
    }))
  const guests = await Promise.all(places)
  for (const guest of guests) {
    if (guest.kind !== 'captured') continue
    const far = { namespace, device: 'lan0' }
    await parts.sandbox.addVeth({ namespace: guest.place, device: DEVICE }, far)
    await makeBare(namespace, far.device)
    parts.devices.push(far)
  }
  const options = host === 'gamma' ? { offload: false, workers: 1 } : {}
  const daemon = await parts.network.addHost(namespace, host, {
    listen: { address: '0.0.0.0', port: PORT },
    advertise: [`${address}:${PORT}`],
    ports: guests.map(({ name, kind, place, between }) => {
      if (kind === 'captured') return { name, kind: 'pcap', device: 'lan0' }
      const tap = { name, kind: 'tap', device: DEVICE, netns: (between ?? place).path }
      return { ...tap, offload: kind !== 'plain' }
    }),
    ...options,
  })
  parts.daemons.set(host, daemon)
  for (const { name, kind, number, place, between } of guests) {
    if (between !== null) await joinBridge(parts, { kind, between, place })
    parts.guests.push(await describe({ name, host, kind, number, place }))
    parts.devices.push({ namespace: place, device: DEVICE })
  }
}

/** Where a bridge stands between the daemon and the guest, its namespace. */
async function addBetween(sandbox: Sandbox, name: string, kind: PortKind) {
  if (kind !== 'bridged' && kind !== 'emulated') return null
  const between = await sandbox.addNamespace(`${name}-switch`)
  await sandbox.addBridge(between, 'br0')
  return between
}

async function joinBridge(
  parts: Build,
  ends: { readonly kind: PortKind; readonly between: Namespace; readonly place: Namespace },
): Promise<void> {
  const { kind, between, place } = ends
  await between.ip(`link set ${DEVICE} master br0`)
  if (kind === 'bridged') {
    const near = { namespace: between, device: 'far', bridge: 'br0' }
    await parts.sandbox.addVeth({ namespace: place, device: DEVICE }, near)
    await makeBare(between, 'far')
  } else {
    await startTapPair(parts.sandbox, `${between.path}:far`, `${place.path}:${DEVICE}`)
    await between.ip('link set far master br0')
  }
  for (const device of [DEVICE, 'far', 'br0']) parts.devices.push({ namespace: between, device })
}

/** Two TAPs without virtio-net headers, joined: what goes into one comes out of the other. */
async function startTapPair(sandbox: Sandbox, a: string, b: string): Promise<void> {
  const config = join(sandbox.folder, 'pair.conf')
  await writeFile(config, `add pair a=${a} b=${b} mtu=9000\n`)
  const words = ['--socket', join(sandbox.folder, 'pair.sock'), '--config', config]
  const program = join(ROOT, 'build/vnet-wan')
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = sandbox.here().spawn(program, words, { stdio: [...stdio] })
  if (child.stdout !== null) await once(child.stdout, 'data')
}

async function describe(guest: {
  readonly name: string
  readonly host: HostName
  readonly kind: PortKind
  readonly number: number
  readonly place: Namespace
}): Promise<OptionsGuest> {
  const { name, host, kind, number, place } = guest
  const ip = `10.77.0.${10 + number}`
  const ip6 = `fd77::${number}`
  const mac = parseMac(`02:00:00:00:01:${number.toString(16).padStart(2, '0')}`)
  await place.ip(`link set ${DEVICE} mtu 1500 address ${mac}`)
  await place.ip(`link set ${DEVICE} up`)
  await place.ip(`addr add ${ip}/24 dev ${DEVICE}`)
  await place.ip(`addr add ${ip6}/64 dev ${DEVICE} nodad`)
  const traffic = await startGuest(name, place)
  return { name, host, kind, device: DEVICE, mac, ip, ip6, namespace: place, traffic }
}

function operate({ sandbox, network, guests, daemons, devices }: Build): OptionsNetwork {
  const admin = (name: string) => {
    const daemon = daemons.get(name)
    if (daemon === undefined) throw new Error(`there is no daemon ${name}`)
    return daemon.admin
  }
  const on = (host: string) => guests.filter((guest) => guest.host === host)
  const fastPath = async (from: string, to: string) => {
    const links = await admin(from).links()
    return links.find(
      ({ role, state, peer }) => role === 'fast-path' && state === 'admitted' && peer === to,
    )
  }
  const route = async (from: string, to: string) => {
    for (const { mac } of on(to)) {
      await admin(from).setRule({ destination: mac, target: `host:${to}` })
    }
  }
  return {
    guests,
    guest(name) {
      const found = guests.find((guest) => guest.name === name)
      if (found === undefined) throw new Error(`there is no guest ${name}`)
      return found
    },
    async useTransport(host, transport) {
      if (transport === 'star') return
      await network.proxy.admin.addLink({ a: 'alpha', b: host, transport })
      await route('alpha', host)
      await route(host, 'alpha')
      const isSo = async () => {
        const links = [await fastPath('alpha', host), await fastPath(host, 'alpha')]
        return links.every((link) => link?.transport === transport)
      }
      await until(isSo, { what: `frames by ${transport}`, timeoutMs: 10_000, intervalMs: 20 })
    },
    fastPath: (host) => fastPath('alpha', host),
    async drops() {
      const rows = [...daemons].map(async ([name, daemon]) => {
        const counts = await daemon.admin.drops()
        return counts.map(({ where, reason, count }) => `${name} ${where}: ${count} ${reason}`)
      })
      return `drops: ${(await Promise.all(rows)).flat().join(', ')}`
    },
    async setMtu(mtu) {
      for (const { namespace, device } of devices) {
        await namespace.ip(`link set ${device} mtu ${mtu}`)
      }
    },
    close: async () => {
      for (const guest of guests) guest.traffic.close()
      await network.close()
      await sandbox.close()
    },
  }
}
