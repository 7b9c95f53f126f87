// Two hosts with a fast path, a guest each, and the firewall between them: for end-to-end tests of
// how frames travel on it.
//
//   vm1 -- alpha ~~+                     (~~: emulated, where asked for)
//                  +-- wan (bridge) -- proxy
//   vm2 -- beta ---+

import { type Daemon, type Network, startNetwork } from '../../bench/daemons.ts'
import { type MacAddress, parseMac } from '../../src/base/mac.ts'
import type { LinkOrderResult } from '../../src/control/api.ts'
import type { LinkInfo, TransportPolicy } from '../../src/plane/plane.ts'
import { createSandbox, type Namespace, type Sandbox, until } from './netns.ts'
import { addWan, type FarMachine } from './wan.ts'

const PORT = 7707
/** Of the guests: a frame has up to 9014 bytes. */
const MTU = 9_000

export interface FastPathHost extends Daemon {
  /** Its machine; the WAN is on `eth0`. */
  readonly namespace: Namespace
  readonly address: string
  readonly guest: FastPathGuest
  /** The admitted fast path, or undefined. */
  fastPath(): Promise<LinkInfo | undefined>
}

export interface FastPathGuest extends Pick<Namespace, 'exec' | 'spawn'> {
  readonly device: string
  readonly mac: MacAddress
  readonly ip: string
  readonly linkLocal: string
}

export interface FastPathNetwork {
  readonly alpha: FastPathHost
  readonly beta: FastPathHost
  /** Orders the fast path; both guests' frames for each other take it once it is up. */
  addLink(transport?: TransportPolicy): Promise<LinkOrderResult>
  removeLink(): Promise<LinkOrderResult>
  /** Waits until frames go by that, both ways. Resolves to how long it took, ms. */
  untilBy(transport: 'tcp' | 'udp', timeoutMs?: number): Promise<number>
  /** Changes the way to alpha, where that is emulated. */
  shape: FarMachine['shape']
  /** Both hosts' firewalls let no UDP in. */
  setUdpBlocked(isBlocked: boolean): Promise<void>
  /** Both hosts lose so much of the UDP that comes in, by chance. */
  setUdpLoss(percent: number): Promise<void>
  /** UDP packets that came in at both hosts so far, blocked ones included. */
  udpPackets(): Promise<number>
  close(): Promise<void>
}

/** Makes what more ports of beta need, and describes them as its configuration does. */
export type MorePorts = (
  sandbox: Sandbox,
  beta: Namespace,
) => Promise<readonly Readonly<Record<string, unknown>>[]>

export interface FastPathOptions {
  readonly morePorts?: MorePorts
  /** Of both hosts. Default 0: the way is short, and has to do for UDP. */
  readonly datagramsFromRttMs?: number
  /** Is alpha behind the WAN emulator? */
  readonly isEmulated?: boolean
}

/** Brings it up without the fast path; both star links are there when this resolves. */
export async function startFastPathNetwork(
  options: FastPathOptions = {},
): Promise<FastPathNetwork> {
  const sandbox = createSandbox('p')
  try {
    return await build(sandbox, options)
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

async function build(
  sandbox: Sandbox,
  { morePorts, datagramsFromRttMs = 0, isEmulated = false }: FastPathOptions,
): Promise<FastPathNetwork> {
  const wan = await addWan(sandbox, 'eth0')
  const network = await startNetwork({
    folder: sandbox.folder,
    namespace: await wan.addMachine('proxy', '10.99.0.1'),
    address: '10.99.0.1',
    port: PORT,
  })
  const hosts: FastPathHost[] = []
  let shape: FarMachine['shape'] = async () => {
    throw new Error('nothing is emulated')
  }
  for (const [index, name] of ['alpha', 'beta'].entries()) {
    const address = `10.99.0.${index + 2}`
    const far = isEmulated && index === 0 ? await wan.addFarMachine(name, address) : null
    const namespace = far?.namespace ?? (await wan.addMachine(name, address))
    shape = far?.shape ?? shape
    await setFirewall(namespace, 0)
    const more = (name === 'beta' ? await morePorts?.(sandbox, namespace) : undefined) ?? []
    const place = { name, namespace, address, number: index + 1 }
    const host = { ...place, morePorts: more, datagramsFromRttMs }
    hosts.push(await addHost(sandbox, network, host))
  }
  const [alpha, beta] = hosts
  if (alpha === undefined || beta === undefined) throw new Error('not there')
  return operate({ sandbox, network, alpha, beta, shape })
}

async function addHost(
  sandbox: Sandbox,
  network: Network,
  host: {
    readonly name: string
    readonly namespace: Namespace
    readonly address: string
    readonly number: number
    readonly morePorts: Awaited<ReturnType<MorePorts>>
    readonly datagramsFromRttMs: number
  },
): Promise<FastPathHost> {
  const { name, namespace, address, number, morePorts, datagramsFromRttMs } = host
  const at = await sandbox.addNamespace(`vm${number}`)
  const mac = parseMac(`02:00:00:00:00:0${number}`)
  const daemon = await network.addHost(namespace, name, {
    listen: { address: '0.0.0.0', port: PORT },
    advertise: [`${address}:${PORT}`],
    datagramsFromRttMs,
    ports: [
      { name: 'vm', kind: 'tap', device: 'eth0', netns: at.path, mac, mtu: MTU },
      ...morePorts,
    ],
  })
  const ip = `10.77.0.${10 + number}`
  await at.ip(`addr add ${ip}/24 dev eth0`)
  await at.ip('link set eth0 up')
  const linkLocal = `fe80::ff:fe00:${number}`
  const { exec, spawn } = at
  return {
    ...daemon,
    namespace,
    address,
    guest: { device: 'eth0', mac, ip, linkLocal, exec, spawn },
    fastPath: async () => {
      const links = await daemon.admin.links()
      return links.find(({ role, state }) => role === 'fast-path' && state === 'admitted')
    },
  }
}

function operate(parts: {
  readonly sandbox: Sandbox
  readonly network: Network
  readonly alpha: FastPathHost
  readonly beta: FastPathHost
  readonly shape: FarMachine['shape']
}): FastPathNetwork {
  const { sandbox, network, alpha, beta, shape } = parts
  const ends = { a: 'alpha', b: 'beta' }
  const { admin } = network.proxy
  const setLoss = async (percent: number) => {
    for (const { namespace } of [alpha, beta]) await setFirewall(namespace, percent)
  }
  return {
    alpha,
    beta,
    addLink: async (transport) => {
      const result = await admin.addLink(transport === undefined ? ends : { ...ends, transport })
      await alpha.admin.setRule({ destination: beta.guest.mac, target: 'host:beta' })
      await beta.admin.setRule({ destination: alpha.guest.mac, target: 'host:alpha' })
      return result
    },
    removeLink: () => admin.removeLink(ends),
    shape,
    async untilBy(transport, timeoutMs = 10_000) {
      const startMs = performance.now()
      const isSo = async () => {
        const links = [await alpha.fastPath(), await beta.fastPath()]
        return links.every((link) => link?.transport === transport)
      }
      await until(isSo, { what: `frames by ${transport}`, timeoutMs, intervalMs: 10 })
      return performance.now() - startMs
    },
    setUdpBlocked: (isBlocked) => setLoss(isBlocked ? 100 : 0),
    setUdpLoss: setLoss,
    async udpPackets() {
      const counts = [alpha, beta].map(async ({ namespace }) => {
        const text = await namespace.exec('nft', 'list', 'counter', 'inet', 'watch', 'seen')
        return Number(/packets (\d+)/.exec(text)?.[1])
      })
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
    },
    close: async () => {
      await network.close()
      await sandbox.close()
    },
  }
}

/** Counts UDP that comes in, then drops some of it or all. The counter goes on. */
async function setFirewall(namespace: Namespace, lossPercent: number): Promise<void> {
  const udp = 'add rule inet watch arriving iifname "eth0" meta l4proto udp'
  const some = lossPercent < 100 ? `numgen random mod 100 < ${lossPercent} ` : ''
  const rules = `add table inet watch
add counter inet watch seen
add chain inet watch arriving { type filter hook input priority 0 ; }
flush chain inet watch arriving
${udp} counter name seen
${lossPercent > 0 ? `${udp} ${some}drop` : ''}
`
  await namespace.exec('sh', '-c', `printf '%s' '${rules}' | nft -f -`)
}
