// The peers as cases of a benchmark: each is started for its turn and ended after it, so that none
// disturbs the others.

import { messageOf } from '../../src/base/errors.ts'
import type { Case, CaseResult, Measures } from '../harness.ts'
import type { Sandbox } from '../netns.ts'
import type { Underlay } from '../overlay.ts'
import type { Path } from '../traffic.ts'
import type { FoundPeers, PeerReport } from './list.ts'
import { startPeer } from './site.ts'

/** How the peers are measured, for the generated pages. */
export const PEERS_METHOD =
  'Other overlays run between the same two hosts, the relayed ones through the machine of the ' +
  'proxy; each is started for its turn and ended after it, and its device has its address in ' +
  'the namespace of the host. Guests of UDP peers get the MTU that fits one datagram. ' +
  'peakRssMB: the most that all processes of the peer held, summed up.'

/** One case a peer. One that breaks has no further turns and is added to `skipped`. */
export function listPeerCases(options: {
  readonly peers: FoundPeers
  readonly sandbox: Sandbox
  readonly underlay: Underlay
  /** Repeats, where a peer has fewer than our own cases. */
  readonly repeatsMax?: number
  measure(path: Path): Promise<Measures>
}): Case[] {
  const { sandbox, underlay, repeatsMax } = options
  const { found, skipped } = options.peers
  return found.map(({ peer }) => ({
    name: peer.name,
    ...(repeatsMax === undefined ? {} : { repeatsMax }),
    measure: async () => {
      if (skipped.some(({ name }) => name === peer.name)) return {}
      try {
        const running = await startPeer(peer, sandbox, underlay)
        try {
          const measures = await options.measure(running.path)
          return { ...measures, peakRssMB: await running.peakRssMB() }
        } finally {
          await running.stop()
        }
      } catch (error) {
        skipped.push({ name: peer.name, why: messageOf(error) })
        return {}
      }
    },
  }))
}

/** All peers for the result: measured, or skipped with the reason. */
export function reportPeers(
  { wanted, found, skipped }: FoundPeers,
  cases: readonly CaseResult[],
): PeerReport[] {
  return wanted.map(({ find: _find, start: _start, ...peer }) => {
    const version = found.find((one) => one.peer.name === peer.name)?.version ?? null
    const hasFigures = cases.some(({ name }) => name === peer.name)
    const reason = skipped.find(({ name }) => name === peer.name)?.why
    const why = reason ?? (hasFigures ? undefined : 'the run ended before its turn')
    return { ...peer, version, ...(why === undefined ? {} : { skipped: why }) }
  })
}
