// Who talks across which pair of hosts: the topology's edges put together by the hosts that their
// guests are on. Guests of a host that is away keep their place: its fast paths may still stand.

import type { MacAddress } from '../base/mac.ts'
import type { EdgeKey, Topology } from '../infer/types.ts'
import { markDirty, type State } from './state.ts'
import { hostPair, type Pin, pairKey } from './types.ts'

type Places = ReadonlyMap<MacAddress, string>

/** The same guests talk; rates do not count. */
export function sameEdges(one: readonly EdgeKey[], other: readonly EdgeKey[]): boolean {
  if (one.length !== other.length) return false
  return one.every((edge, at) => {
    const same = other[at]
    return edge.source === same?.source && edge.destination === same.destination
  })
}

/** Takes over where guests are. */
export function takePlaces(state: State, places: Places): void {
  for (const [guest, host] of state.toldPlaces) {
    if (!places.has(guest) && state.hosts.get(host)?.isUp === false) state.retained.set(guest, host)
  }
  for (const [guest, host] of state.retained) {
    if (places.has(guest) || state.hosts.get(host)?.isUp !== false) state.retained.delete(guest)
  }
  state.toldPlaces = places
  mergePlaces(state)
}

/** Forgets the places of guests whose hosts are forgotten. */
export function dropRetained(state: State): void {
  let isChanged = false
  for (const [guest, host] of state.retained) {
    if (!state.hosts.has(host)) isChanged = state.retained.delete(guest)
  }
  if (isChanged) mergePlaces(state)
}

function mergePlaces(state: State): void {
  const { retained, toldPlaces } = state
  state.places = retained.size === 0 ? toldPlaces : new Map([...retained, ...toldPlaces])
  state.isTrafficOld = true
}

/** Edges that are looked at within a tick at most, before the rest waits for the next. */
const REGROUPED_MAX = 50_000

/** The traffic is to be put together anew, and there is time for it now. */
export function isRegroupDue(state: State): boolean {
  return state.isTrafficOld && state.regrouped < REGROUPED_MAX
}

/**
 * Puts the edges together anew. Costs a look at each edge.
 * @returns true if other guests talk, or across other hosts, than before.
 */
export function regroup(state: State): boolean {
  const before = state.traffic
  state.isTrafficOld = false
  state.regrouped += state.topology.edges.length
  state.traffic = edgesByPair({ ...state, proxy: state.options.proxy })
  for (const link of state.links.values()) {
    link.edges = state.traffic.get(link.key) ?? []
    if (link.edges.length > 0) link.unusedMs = null
    else link.unusedMs ??= state.nowMs
    // Also where the edges are the same: their guests may have changed sides.
    markDirty(state, link)
  }
  return !sameGroups(before, state.traffic)
}

type Groups = ReadonlyMap<string, readonly EdgeKey[]>

function sameGroups(one: Groups, other: Groups): boolean {
  if (one.size !== other.size) return false
  for (const [key, edges] of one) if (!sameEdges(edges, other.get(key) ?? [])) return false
  return true
}

interface Talk {
  readonly topology: Topology
  readonly places: Places
  readonly pins: readonly Pin[]
  /** The proxy's name: its guests have no other way. */
  readonly proxy: string
}

/** The edges between different hosts by the key of their pair, without those pinned to the star. */
export function edgesByPair({ topology, places, pins, proxy }: Talk): Map<string, EdgeKey[]> {
  const pinned = new Set(pins.filter(({ path }) => path === 'star').flatMap(bothWays))
  const groups = new Map<string, EdgeKey[]>()
  const add = (edge: EdgeKey): void => {
    const source = places.get(edge.source)
    const destination = places.get(edge.destination)
    if (source === undefined || destination === undefined || source === destination) return
    if (source === proxy || destination === proxy) return
    if (pinned.size > 0 && pinned.has(edgeText(edge))) return
    const key = pairKey(hostPair(source, destination))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [edge])
    else group.push(edge)
  }
  for (const edge of topology.edges) add(edge)
  for (const pin of pins) if (pin.path === 'direct') add(pin)
  return groups
}

const edgeText = ({ source, destination }: EdgeKey) => `${source} ${destination}`

function bothWays({ source, destination }: EdgeKey): readonly string[] {
  return [`${source} ${destination}`, `${destination} ${source}`]
}
