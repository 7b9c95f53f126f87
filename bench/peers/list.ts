// All peers, and which of them can take part on this machine.

import { VnetError } from '../../src/base/errors.ts'
import { installPackages } from '../apt.ts'
import { fastdPeers } from './fastd.ts'
import { n2nPeer } from './n2n.ts'
import { nebulaPeer } from './nebula.ts'
import { openvpnPeers } from './openvpn.ts'
import type { Peer } from './peer.ts'
import { plainTapPeer } from './plain-tap.ts'
import { softetherPeers } from './softether.ts'
import { sshPeer } from './ssh.ts'
import { tincPeers } from './tinc.ts'
import { vtunPeers } from './vtun.ts'
import { vxlanPeer } from './vxlan.ts'
import { wireguardPeer } from './wireguard.ts'

export const PEERS: readonly Peer[] = [
  vxlanPeer,
  plainTapPeer,
  ...softetherPeers,
  ...openvpnPeers,
  ...tincPeers,
  ...fastdPeers,
  ...vtunPeers,
  sshPeer,
  wireguardPeer,
  n2nPeer,
  nebulaPeer,
]

/** Variants that are never the fastest of their kind: `main` leaves them out. */
const SLOWER: ReadonlySet<string> = new Set([
  ...['softether-8-relayed', 'openvpn-tcp-relayed', 'openvpn-udp-relayed'],
  ...['tinc-tcp-relayed', 'tinc-udp-relayed', 'fastd-salsa-relayed'],
])

/**
 * `installed`: those that are there; `main`: of them the fastest variants of each product; `all`:
 * the missing ones are installed from Debian first.
 */
export type PeerChoice = (typeof PEER_CHOICES)[number]
export const PEER_CHOICES = ['installed', 'main', 'all', 'none'] as const

/** @throws VnetError `peers-unknown` for another word. */
export function parsePeerChoice(text: string): PeerChoice {
  const choice = PEER_CHOICES.find((one) => one === text)
  if (choice !== undefined) return choice
  throw new VnetError('peers-unknown', `there is no choice of peers '${text}'`, {
    hint: `choose one of: ${PEER_CHOICES.join(', ')}`,
  })
}

/** A peer that was wanted and has no figures. */
export interface Skipped {
  readonly name: string
  readonly why: string
}

export interface FoundPeer {
  readonly peer: Peer
  readonly version: string
}

export interface FoundPeers {
  /** All that were asked for. */
  readonly wanted: readonly Peer[]
  readonly found: readonly FoundPeer[]
  /** Grows by those that break while they are measured. */
  readonly skipped: Skipped[]
}

/** A peer in the result of a run. */
export interface PeerReport extends Omit<Peer, 'find' | 'start'> {
  /** Null: not installed. */
  readonly version: string | null
  /** Why it has no figures. */
  readonly skipped?: string
}

/** Finds those that can be measured of the wanted ones. With `all` this runs apt-get as root. */
export async function findPeers(
  context: {
    readonly peers: PeerChoice
    progress(text: string): void
  },
  isWanted: (peer: Peer) => boolean,
): Promise<FoundPeers> {
  const isChosen = ({ name }: Peer) =>
    context.peers === 'main' ? !SLOWER.has(name) : context.peers !== 'none'
  const wanted = PEERS.filter((peer) => isChosen(peer) && isWanted(peer))
  if (context.peers === 'all') await installMissing(wanted, context.progress)
  const found: FoundPeer[] = []
  const skipped: Skipped[] = []
  for (const peer of wanted) {
    const result = await peer.find()
    if (result.version === null) skipped.push({ name: peer.name, why: result.why })
    else found.push({ peer, version: result.version })
  }
  for (const { name, why } of skipped) context.progress(`${name} skipped: ${why}`)
  return { wanted, found, skipped }
}

async function installMissing(
  peers: readonly Peer[],
  progress: (text: string) => void,
): Promise<void> {
  const missing = new Set<string>()
  for (const peer of peers) {
    if (peer.package === null || missing.has(peer.package)) continue
    if ((await peer.find()).version === null) missing.add(peer.package)
  }
  await installPackages([...missing], progress)
}
