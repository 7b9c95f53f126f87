// The controller's state as people may see it: links with their phase and reason, pairs that are
// left alone. Built when asked for.

import type { State } from './state.ts'
import type { BackOffView, LinkView } from './types.ts'

/** All links of the controller, those made by hand included, sorted by name. */
export function linkViews(state: State): readonly LinkView[] {
  return [...state.links.values()]
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .map((link) => ({
      ...link.pair,
      phase: link.phase,
      isConnected: link.isConnected,
      isManual: link.isManual,
      isWanted: state.wanted.has(link.key),
      sinceMs: link.sinceMs,
      edges: link.edges.length,
      reason: link.reason,
    }))
}

/** Pairs of hosts that are not tried now. */
export function backOffViews({ backOffs, nowMs }: State): readonly BackOffView[] {
  return [...backOffs.byPair.values()].filter(({ untilMs }) => nowMs < untilMs)
}
