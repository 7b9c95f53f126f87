// Eight guests on four hosts for the benchmarks of the inference, and in each guest a program that
// talks to others as a schedule says: who to whom, from which moment on.
//
//   g1, g2 -- h1 --+
//   g3, g4 -- h2 --+-- lan (bridge) -- proxy
//   g5, g6 -- h3 --+
//   g7, g8 -- h4 --+

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type MacAddress, macFromNumber } from '../src/base/mac.ts'
import { type Daemon, type Network, startNetwork } from './daemons.ts'
import type { Namespace, Sandbox } from './netns.ts'
import { buildTool } from './tool.ts'
import { waitForPath } from './traffic.ts'

const PORT = 7707
const TALK_PORT = '9000'
const DATAGRAM_BYTES = 1_400
const PROXY_ADDRESS = '10.99.0.1'
const GUESTS = 8
const DEVICE = 'eth0'

export interface TalkingGuest {
  readonly name: string
  readonly mac: MacAddress
  readonly address: string
  readonly namespace: Namespace
  /** What its device has received so far. */
  receivedBytes(): Promise<number>
  /** What its device has sent so far. */
  sentBytes(): Promise<number>
  /** From `atMs` on (wall clock), this many bytes a second of payload to each of these. */
  schedule(atMs: number, bytesPerSecond: number, to: readonly TalkingGuest[]): void
}

export interface GuestNetwork {
  readonly network: Network
  readonly hosts: readonly { readonly daemon: Daemon; readonly namespace: Namespace }[]
  readonly guests: readonly TalkingGuest[]
  /** When the first datagram since the last call left (wall clock, ms); null: none yet. */
  firstSentMs(): number | null
  close(): Promise<void>
}

export interface GuestNetworkSettings {
  /** Of the proxy, beside its own. */
  readonly proxy?: Readonly<Record<string, unknown>>
  /** Of a host such as `h1`, beside its ports. */
  readonly host?: (name: string) => Readonly<Record<string, unknown>>
}

/** Guests are spread over `hosts` daemons; all of them know each other's addresses already. */
export async function startGuestNetwork(
  sandbox: Sandbox,
  hosts = 4,
  more: GuestNetworkSettings = {},
): Promise<GuestNetwork> {
  const tool = await buildTool(new URL('./talker.c', import.meta.url))
  const lan = await sandbox.addNamespace('lan')
  await sandbox.addBridge(lan, 'br0')
  const addMachine = async (name: string, address: string) => {
    const namespace = await sandbox.addNamespace(name)
    const far = { namespace: lan, device: name, bridge: 'br0' }
    await sandbox.addVeth({ namespace, device: 'eth0', address: `${address}/24` }, far)
    return namespace
  }
  const proxyAt = await addMachine('proxy', PROXY_ADDRESS)
  const place = { folder: sandbox.folder, namespace: proxyAt, address: PROXY_ADDRESS, port: PORT }
  const network = await startNetwork({ ...place, settings: more.proxy ?? {} })
  const sent: number[] = []
  const daemons: { daemon: Daemon; namespace: Namespace }[] = []
  const guests: TalkingGuest[] = []
  for (let host = 1; host <= hosts; host++) {
    const name = `h${host}`
    const namespace = await addMachine(name, `10.99.0.${host + 1}`)
    const own = await Promise.all(
      Array.from({ length: GUESTS / hosts }, async (_, index) => {
        const number = ((host - 1) * GUESTS) / hosts + index + 1
        return describeGuest(number, await sandbox.addNamespace(`g${number}`))
      }),
    )
    const ports = own.map(({ name, mac, namespace: { path } }) => ({
      ...{ name, kind: 'tap', device: DEVICE, netns: path, mac },
    }))
    const daemon = await network.addHost(namespace, name, { ports, ...more.host?.(name) })
    daemons.push({ daemon, namespace })
    for (const guest of own) guests.push(await startTalker(guest, tool, sent))
  }
  await introduce(guests)
  return {
    ...{ network, hosts: daemons, guests },
    firstSentMs() {
      const first = sent.length === 0 ? null : Math.min(...sent)
      sent.length = 0
      return first
    },
    close: () => network.close(),
  }
}

type PlainGuest = Omit<TalkingGuest, 'schedule' | 'receivedBytes' | 'sentBytes'>

function describeGuest(number: number, namespace: Namespace): PlainGuest {
  const mac = macFromNumber(0x020000000000 + number)
  return { name: `g${number}`, mac, address: `10.88.0.${number}`, namespace }
}

async function startTalker(guest: PlainGuest, tool: string, sent: number[]): Promise<TalkingGuest> {
  const { namespace, address } = guest
  // Nothing but what is scheduled: no router solicitations now and then.
  await namespace.exec('sysctl', '-qw', `net.ipv6.conf.${DEVICE}.disable_ipv6=1`)
  await namespace.ip(`addr add ${address}/24 dev ${DEVICE}`)
  await namespace.ip(`link set ${DEVICE} up`)
  const child = namespace.spawn(tool, [TALK_PORT, String(DATAGRAM_BYTES)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('started with pipes')
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line') // ready
  lines.on('line', (line) => sent.push(Number(line.split(' ')[1]) / 1_000))
  return {
    ...guest,
    receivedBytes: () => readDevice(child.pid ?? 0, RECEIVED),
    sentBytes: () => readDevice(child.pid ?? 0, SENT),
    schedule(atMs, bytesPerSecond, to) {
      const words = [Math.round(atMs * 1_000), bytesPerSecond, ...to.map((one) => one.address)]
      child.stdin?.write(`${words.join(' ')}\n`)
    },
  }
}

/** Columns of net/dev. */
const RECEIVED = 1
const SENT = 9

/** Of the device in the namespace of a process, without a further process: proc(5), net/dev. */
async function readDevice(pid: number, column: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/net/dev`, 'utf8')
  const line = text.split('\n').find((one) => one.trim().startsWith(`${DEVICE}:`))
  return Number(line?.trim().split(/[\s:]+/)[column])
}

/** Everybody's address is known to all for good: no ARP stands before a first frame. */
async function introduce(guests: readonly TalkingGuest[]): Promise<void> {
  for (const { namespace } of guests) {
    for (const { address, mac } of guests) {
      await namespace.ip(`neigh replace ${address} lladdr ${mac} dev ${DEVICE} nud permanent`)
    }
  }
  for (const [index, { namespace: client }] of guests.entries()) {
    const next = guests[(index + 1) % guests.length]
    if (next !== undefined) {
      await waitForPath({ client, server: next.namespace, address: next.address })
    }
  }
}
