// One proxy and many hosts with a guest each, in pairs that talk to each other:
//
//   senders ==[TAPs]== hosts -- [veth] -- proxy -- [veth] -- the same hosts ==[TAPs]== receivers
//
// The proxy is a real daemon in a namespace of its own. All hosts are real daemons too, in one
// process and one namespace (crowd-worker.ts). The guests of all senders share a namespace and
// those of all receivers another, so that one program each can load them all (bulk.c).

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openChannel } from '../channel.ts'
import { startNetwork } from '../daemons.ts'
import type { Namespace, Sandbox } from '../netns.ts'
import { CONGESTION_CONTROL } from '../overlay.ts'
import { until } from '../wait.ts'
import type { CrowdRequest } from './crowd-worker.ts'

const WORKER = fileURLToPath(new URL('./crowd-worker.ts', import.meta.url))
const PORT = 7707
const PROXY_ADDRESS = '10.99.0.1'
const HOSTS_ADDRESS = '10.99.0.2'

export interface Crowd {
  readonly proxyPid: number
  /** Process of all hosts. */
  readonly hostsPid: number
  readonly senders: Namespace
  readonly receivers: Namespace
  /** Address of the receiver in a pair, from 0. */
  receiverOf(pair: number): string
  stop(): Promise<void>
}

/** Starts the proxy and `pairs` times two hosts; all links are up when it resolves. */
export async function startCrowd(sandbox: Sandbox, pairs: number): Promise<Crowd> {
  const proxy = await addNamespace(sandbox, 'proxy')
  const hosts = await addNamespace(sandbox, 'hosts')
  const senders = await addGuests(sandbox, 'senders')
  const receivers = await addGuests(sandbox, 'receivers')
  await sandbox.addVeth(
    { namespace: proxy, device: 'eth0', address: `${PROXY_ADDRESS}/24` },
    { namespace: hosts, device: 'eth0', address: `${HOSTS_ADDRESS}/24` },
  )
  const { folder } = sandbox
  const at = { address: PROXY_ADDRESS, port: PORT }
  const network = await startNetwork({ folder, namespace: proxy, ...at })
  const child = hosts.spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const channel = openChannel<CrowdRequest>(child, 'the hosts')
  const addHost = async (name: string, guests: Namespace, address: string) => {
    const { token } = await network.proxy.admin.createToken({ name })
    const guest = { name: 'guest', kind: 'tap', device: name, netns: guests.path, mtu: 1500 }
    // One guest keeps one thread busy; two a host would be 128 for the cores here.
    const settings = { name, state: join(folder, name), ports: [guest], workers: 1 }
    await channel.ask({ kind: 'start', ...at, token, settings })
    await guests.ip(`addr add ${address} dev ${name}`)
  }
  for (let pair = 0; pair < pairs; pair += 1) {
    await addHost(`sender${pair}`, senders, `10.88.${pair}.1/30`)
    await addHost(`receiver${pair}`, receivers, `10.88.${pair}.2/30`)
  }
  await until(async () => (await channel.ask({ kind: 'count-up' })) === 2 * pairs, {
    what: `${2 * pairs} star links`,
    timeoutMs: 20_000,
  })
  return {
    proxyPid: network.proxy.pid,
    hostsPid: child.pid ?? 0,
    senders,
    receivers,
    receiverOf: (pair) => `10.88.${pair}.2`,
    stop: async () => {
      await channel.ask({ kind: 'stop' })
      channel.close()
      await network.close()
    },
  }
}

async function addNamespace(sandbox: Sandbox, name: string): Promise<Namespace> {
  const namespace = await sandbox.addNamespace(name)
  await namespace.exec('sysctl', '-qw', `net.ipv4.tcp_congestion_control=${CONGESTION_CONTROL}`)
  return namespace
}

/** For many guests: each device answers for its own address only. */
async function addGuests(sandbox: Sandbox, name: string): Promise<Namespace> {
  const namespace = await addNamespace(sandbox, name)
  const settings = ['ipv6.conf.all.disable_ipv6=1', 'ipv6.conf.default.disable_ipv6=1']
  settings.push('ipv4.conf.all.arp_ignore=1', 'ipv4.conf.all.arp_announce=2')
  await namespace.exec('sysctl', '-qw', ...settings.map((setting) => `net.${setting}`))
  return namespace
}
