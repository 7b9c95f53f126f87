// `make demo`, `vnet demo`: the overlay shown at work in a minute. Brings the lab `demo` up, looks
// at it, pings across sites, leases an address, moves data, logs in by ssh, and takes all away
// again. Each step checks what it shows; the first one that fails ends it with a reason.

import { fileURLToPath } from 'node:url'
import { VnetError } from '../base/errors.ts'
import { graph } from './commands.ts'
import { type Lab, openLab } from './handle.ts'
import { runProgram } from './run.ts'
import {
  canChangeUser,
  leaseAddress,
  measureTcp,
  type Service,
  startDhcpServer,
  startSshServer,
} from './services.ts'
import { readState } from './state.ts'
import { labDown } from './teardown.ts'
import { formatRate } from './units.ts'

const TOPOLOGY = fileURLToPath(new URL('../../topologies/demo.yaml', import.meta.url))
const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))

export interface DemoOptions {
  /** A line of the story, with its line end left out. */
  readonly tell: (line: string) => void
  readonly signal?: AbortSignal
  /** Leave the lab up at the end. */
  readonly isKept?: boolean
}

/** Tells the story. @throws VnetError at the first step that does not work. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { tell, signal } = options
  const services: Service[] = []
  const wasUp = readState('demo')?.isComplete === true
  let lab: Lab | null = null
  const chapter = (title: string) => {
    signal?.throwIfAborted()
    tell('')
    tell(`== ${title}`)
  }
  chapter('Four sites behind firewalls that let only TCP out, and the LAN of a user')
  tell(graph(TOPOLOGY, 'text'))
  try {
    chapter('Bringing it up: namespaces, emulated WAN links, real daemons with real certificates')
    lab = await openLab(TOPOLOGY, {
      progress: (line) => tell(`   ${line}`),
      ...(signal === undefined ? {} : { signal }),
    })
    chapter('The network as the proxy sees it: vnet hosts')
    tell(await look(lab, ['hosts']))
    chapter('Machines on different sites are on one LAN')
    await pings(lab, tell)
    chapter("A guest far away gets an address from the DHCP server on the user's LAN")
    services.push(await startDhcpServer(lab, 'desk', { first: '10.77.0.100', last: '10.77.0.150' }))
    tell(`   vm8 at vancouver leased ${await leaseAddress(lab, 'vm8')}`)
    chapter('Bulk data from chicago to pittsburgh through the proxy, for 3 s')
    const way = { from: 'vm1', to: 'vm3', address: '10.77.0.13', seconds: 3 }
    tell(`   ${formatRate(await measureTcp(lab, way))} over sites with 500 Mbit/s each`)
    chapter("ssh from a machine of the user's LAN into a guest at another site")
    if (canChangeUser()) {
      const ssh = await startSshServer(lab, 'vm7')
      services.push(ssh.service)
      const answer = await ssh.run('desk', '10.77.0.17', 'ip -brief address show dev eth0')
      tell(`   desk$ ssh root@10.77.0.17 ip -brief address show dev eth0\n   ${answer.trim()}`)
    } else {
      tell('   left out: sshd changes its user, which only works in a lab of root')
    }
    chapter('Who talked to whom: vnet counters on chicago, vnet macs at the proxy')
    tell(await look(lab, ['counters'], 'alpha'))
    tell(await look(lab, ['macs']))
    chapter('What the doctor says: vnet doctor')
    tell(await look(lab, ['doctor']))
  } finally {
    for (const service of services) await service.stop()
    // Not that of somebody else, who brought it up before or is at it now.
    if (lab !== null && !options.isKept && !wasUp) {
      tell('')
      tell('== Taking it away')
      await labDown('demo')
    }
  }
}

/** What a user would type; indented. */
export async function look(lab: Lab, words: readonly string[], daemon = 'proxy'): Promise<string> {
  const { socket } = lab.admin(daemon)
  const output = await runProgram([VNET, ...words, '--socket', socket])
  if (output.status !== 0) throw new VnetError('demo', `vnet ${words.join(' ')}: ${output.stderr}`)
  return output.stdout.trimEnd().replaceAll(/^/gm, '   ')
}

async function pings(lab: Lab, tell: (line: string) => void): Promise<void> {
  const ways = [
    { from: 'vm1', to: 'vm2', note: 'same host' },
    { from: 'vm1', to: 'vm3', note: 'chicago to pittsburgh' },
    { from: 'vm3', to: 'vm6', note: 'pittsburgh to gainesville, behind NAT' },
    { from: 'vm5', to: 'vm8', note: 'NAT to NAT' },
    { from: 'desk', to: 'vm8', note: "the user's LAN to vancouver" },
  ]
  for (const { from, to, note } of ways) {
    const guest = lab.plan.guests.find(({ name }) => name === to)
    for (const address of [guest?.ip, guest?.ip6]) {
      if (address === null || address === undefined) continue
      const text = await lab.run(from, ['ping', '-n', '-c', '3', '-i', '0.2', '-W', '2', address])
      const rtt = /= [\d.]+\/([\d.]+)\//.exec(text)?.[1] ?? '?'
      tell(`   ${from} -> ${to}  ${address.padEnd(16)}  ${rtt.padStart(7)} ms  (${note})`)
    }
  }
}
