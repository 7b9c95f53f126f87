// The peers as cases of a benchmark: each is started for its turn and ended after it, so that none
// disturbs the others.

import { messageOf } from '../../src/base/errors.ts'
import type { Case } from '../harness.ts'
import type { Sandbox } from '../netns.ts'
import type { Underlay } from '../overlay.ts'
import { measurePath, type PathTimes } from '../path.ts'
import type { FoundPeer, Skipped } from './list.ts'
import { startPeer } from './site.ts'

/** One case a peer. One that breaks has no further turns and is added to `skipped`. */
export function listPeerCases(options: {
  readonly found: readonly FoundPeer[]
  readonly skipped: Skipped[]
  readonly sandbox: Sandbox
  readonly underlay: Underlay
  readonly times: PathTimes
}): Case[] {
  const { found, skipped, sandbox, underlay, times } = options
  return found.map(({ peer }) => ({
    name: peer.name,
    measure: async () => {
      if (skipped.some(({ name }) => name === peer.name)) return {}
      try {
        const running = await startPeer(peer, sandbox, underlay)
        try {
          const measures = await measurePath(running.path, times)
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
