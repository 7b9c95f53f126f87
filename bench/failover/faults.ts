// What can happen to the fast path between two hosts while their star links live, and how it is
// done to it here. Each fault gives what ends it.

import type { Namespace } from '../netns.ts'
import { type Host, PATH_DEVICE } from './site.ts'

export interface Fault {
  readonly name: string
  /** Frames of the fast path go by it. */
  readonly transport: 'tcp' | 'udp'
  readonly about: string
  /** Does it to the path from a to b; the answer undoes it. */
  strike(a: Host, b: Host): Promise<() => Promise<void>>
}

/** Packets longer than this carry payload; TLS handshakes have some as well. */
const SMALL_PACKET_BYTES = 300

export const FAULTS: readonly Fault[] = [
  {
    name: 'link-down',
    transport: 'tcp',
    about: 'the device at one end goes down',
    strike: linkDown,
  },
  {
    name: 'silent-drop',
    transport: 'tcp',
    about: 'nothing arrives any more, both ways, and nobody is told',
    strike: (a, b) => drop([a, b], ''),
  },
  {
    name: 'one-way-there',
    transport: 'tcp',
    about: "what the stream's host sends is lost, the other direction works",
    strike: (_, b) => drop([b], ''),
  },
  {
    name: 'one-way-back',
    transport: 'tcp',
    about: 'only what comes back to it is lost',
    strike: (a) => drop([a], ''),
  },
  {
    name: 'no-payload',
    transport: 'tcp',
    about: `packets above ${SMALL_PACKET_BYTES} bytes are lost, both ways: pings pass`,
    strike: (a, b) => drop([a, b], `meta length > ${SMALL_PACKET_BYTES}`),
  },
  {
    name: 'silent-drop-udp',
    transport: 'udp',
    about: 'the same with frames in datagrams',
    strike: (a, b) => drop([a, b], ''),
  },
  {
    name: 'one-way-udp',
    transport: 'udp',
    about: 'the same',
    strike: (_, b) => drop([b], ''),
  },
  {
    name: 'no-payload-udp',
    transport: 'udp',
    about: 'the same',
    strike: (a, b) => drop([a, b], `meta length > ${SMALL_PACKET_BYTES}`),
  },
]

async function linkDown(a: Host): Promise<() => Promise<void>> {
  await a.namespace.ip(`link set ${PATH_DEVICE} down`)
  return async () => {
    await a.namespace.ip(`link set ${PATH_DEVICE} up`)
  }
}

/** At these hosts, what arrives on the paths' network is lost where it `matches` (nft(8)). */
async function drop(hosts: readonly Host[], matches: string): Promise<() => Promise<void>> {
  await Promise.all(hosts.map(({ namespace }) => dropAt(namespace, matches)))
  return async () => {
    await Promise.all(
      hosts.map(({ namespace }) => namespace.exec('nft', 'delete table inet fault')),
    )
  }
}

async function dropAt(namespace: Namespace, matches: string): Promise<void> {
  const chain = 'type filter hook input priority 0;'
  const rule = `iifname ${PATH_DEVICE} ${matches} drop;`
  await namespace.exec('nft', `table inet fault {\nchain in {\n${chain}\n${rule}\n}\n}\n`)
}
