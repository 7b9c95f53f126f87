// The overlay that end-to-end tests look at: real daemons, four hosts with two guests each, and a
// machine on the user's LAN that the proxy's pcap port bridges. Links as fast as the machine; the
// lab's topologies have the slow ones.
//
//   vm1, vm2 -- alpha --+                            +-- pcap port -- LAN (bridge) -- desk
//   vm3, vm4 -- beta ---+-- wan (bridge) -- proxy ---+
//   vm5, vm6 -- gamma --+
//   vm7, vm8 -- delta --+

import type { Network } from '../../bench/daemons.ts'
import { startNetwork } from '../../bench/daemons.ts'
import { type MacAddress, parseMac } from '../../src/base/mac.ts'
import type { AdminClient } from '../../src/control/client.ts'
import { createSandbox, type Namespace, type Sandbox } from './netns.ts'

const HOSTS = ['alpha', 'beta', 'gamma', 'delta'] as const
const PORT = 7707
/** Of all guests and of the LAN: a frame has up to 9014 bytes. */
const MTU = 9_000

export interface TestMachine {
  readonly name: string
  /** The daemon it hangs on; `proxy` for the machine on the LAN. */
  readonly host: string
  readonly device: string
  readonly mac: MacAddress
  readonly ip: string
  readonly linkLocal: string
  /** Path of its network namespace. */
  readonly netns: string
  readonly exec: Namespace['exec']
  readonly spawn: Namespace['spawn']
}

export interface TestNetwork {
  /** vm1 to vm8, then desk. */
  readonly machines: readonly TestMachine[]
  machine(name: string): TestMachine
  admin(daemon: string): AdminClient
  close(): Promise<void>
}

/** Brings the overlay up; all star links are there when this resolves. */
export async function startTestNetwork(): Promise<TestNetwork> {
  const sandbox = createSandbox('e')
  try {
    return await build(sandbox)
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

async function build(sandbox: Sandbox): Promise<TestNetwork> {
  const wan = await sandbox.addNamespace('wan')
  await sandbox.addBridge(wan, 'br0')
  const addDaemon = async (name: string, address: string) => {
    const namespace = await sandbox.addNamespace(name)
    await sandbox.addVeth(
      { namespace, device: 'eth0', address: `${address}/24` },
      { namespace: wan, device: name, bridge: 'br0' },
    )
    return namespace
  }
  const proxyAt = await addDaemon('proxy', '10.99.0.1')
  const deskAt = await addLan(sandbox, proxyAt)
  const network = await startNetwork({
    folder: sandbox.folder,
    namespace: proxyAt,
    address: '10.99.0.1',
    port: PORT,
    settings: { ports: [{ name: 'lan', kind: 'pcap', device: 'lan0' }] },
  })
  const machines: TestMachine[] = []
  const admins = new Map<string, AdminClient>([['proxy', network.proxy.admin]])
  for (const [index, host] of HOSTS.entries()) {
    const hostAt = await addDaemon(host, `10.99.0.${index + 2}`)
    const numbers = [2 * index + 1, 2 * index + 2]
    const guests = await Promise.all(
      numbers.map(async (number) => ({
        name: `vm${number}`,
        mac: parseMac(`02:00:00:00:00:0${number}`),
        ip: `10.77.0.${10 + number}`,
        namespace: await sandbox.addNamespace(`vm${number}`),
      })),
    )
    const ports = guests.map(({ name, mac, namespace }) => ({
      ...{ name, kind: 'tap', device: 'eth0', netns: namespace.path, mac, mtu: MTU },
    }))
    const listen = { address: '0.0.0.0', port: PORT }
    const advertise = [`10.99.0.${index + 2}:${PORT}`]
    const daemon = await network.addHost(hostAt, host, { listen, advertise, ports })
    admins.set(host, daemon.admin)
    for (const { namespace, ...guest } of guests) {
      machines.push(await describe({ ...guest, host, namespace }))
    }
  }
  const mac = parseMac((await deskAt.exec('cat', '/sys/class/net/eth0/address')).trim())
  const desk = { name: 'desk', host: 'proxy', namespace: deskAt, mac, ip: '10.77.0.2' }
  machines.push(await describe(desk))
  return finish(sandbox, network, machines, admins)
}

/** The user's LAN: a switch with the desk and a second interface of the proxy's machine. */
async function addLan(sandbox: Sandbox, proxy: Namespace): Promise<Namespace> {
  const lan = await sandbox.addNamespace('lan')
  const desk = await sandbox.addNamespace('desk')
  await sandbox.addBridge(lan, 'br0')
  await lan.ip(`link set br0 mtu ${MTU}`)
  const ends = [
    { namespace: desk, device: 'eth0', far: 'desk' },
    { namespace: proxy, device: 'lan0', far: 'proxy' },
  ]
  for (const { far, ...end } of ends) {
    await sandbox.addVeth(end, { namespace: lan, device: far, bridge: 'br0' }, { mtu: MTU })
  }
  return desk
}

async function describe(machine: {
  readonly name: string
  readonly host: string
  readonly mac: MacAddress
  readonly ip: string
  readonly namespace: Namespace
}): Promise<TestMachine> {
  const { namespace, ...rest } = machine
  await namespace.ip(`addr add ${rest.ip}/24 dev eth0`)
  await namespace.ip('link set eth0 up')
  return {
    ...rest,
    device: 'eth0',
    linkLocal: linkLocalOf(rest.mac),
    netns: namespace.path,
    exec: namespace.exec,
    spawn: namespace.spawn,
  }
}

/** The address that the kernel derives from a MAC (RFC 4291 appendix A). */
function linkLocalOf(mac: string): string {
  const octets = mac.split(':').map((octet) => Number.parseInt(octet, 16))
  octets[0] = (octets[0] ?? 0) ^ 2
  octets.splice(3, 0, 0xff, 0xfe)
  const groups = [0, 2, 4, 6].map((at) => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0))
  return `fe80::${groups.map((group) => group.toString(16)).join(':')}`
}

function finish(
  sandbox: Sandbox,
  network: Network,
  machines: readonly TestMachine[],
  admins: ReadonlyMap<string, AdminClient>,
): TestNetwork {
  return {
    machines,
    machine: (name) =>
      find(
        machines.find((machine) => machine.name === name),
        name,
      ),
    admin: (daemon) => find(admins.get(daemon), daemon),
    close: async () => {
      await network.close()
      await sandbox.close()
    },
  }
}

function find<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the test network has no ${name}`)
  return value
}
