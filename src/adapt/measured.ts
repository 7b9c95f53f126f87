// The measured network: what daemons told of their links, kept and judged. Pure: the same reports
// at the same times make the same network. What is believed of one path is in path-estimate.ts, of
// a daemon's access in access-estimate.ts.

import {
  type AccessEstimate,
  accessLimit,
  newAccess,
  noteSum,
  type Share,
} from './access-estimate.ts'
import {
  limitOf,
  loadOf,
  measureOf,
  newEstimate,
  noteRate,
  noteSample,
  type PathEstimate,
  STALE_MS,
} from './path-estimate.ts'
import type { Capacity, NetworkFigures, PathFigures } from './problem.ts'
import type { LinkReport, LinkSample } from './sampling.ts'
import { type HostPair, type PathMeasure, pairKey } from './types.ts'

/** Of this much of all that its ends carry, a link has them to itself. */
const ALONE_SHARE = 0.75
/** Rates that differ by less may have the same cause. */
const SAME = 0.9
/** Paths of one daemon: more than its links can be, so that none fills the store. */
const PATHS_PER_DAEMON_MAX = 4_096

/** Whether two hosts can connect, as it was found out last. */
export interface Reachability extends HostPair {
  readonly isReachable: boolean
  /** Empty while they can. */
  readonly reason: string
  readonly atMs: number
}

/** What a burst of padding over one link found. */
export interface ProbeResult extends Pick<PathMeasure, 'from' | 'to' | 'role'> {
  readonly bytesPerSecond: number
  /** The path set the pace; else it carries at least so much. */
  readonly isSaturated: boolean
}

export interface MeasuredNetwork {
  report(report: LinkReport, nowMs: number): void
  probed(result: ProbeResult, nowMs: number): void
  reached(pair: HostPair, outcome: Pick<Reachability, 'isReachable' | 'reason' | 'atMs'>): void
  /** It has left the network for good. */
  forget(daemon: string): void
  /** One direction of a link; null: nothing is known. */
  path(path: Pick<PathMeasure, 'from' | 'to'>, nowMs: number): PathMeasure | null
  paths(nowMs: number): PathMeasure[]
  reachability(): readonly Reachability[]
  /** What a daemon carries now on all its links together. */
  load(daemon: string, nowMs: number): Capacity
  /** As the planner asks for it. */
  figures(nowMs: number): NetworkFigures
}

interface Daemon {
  readonly send: AccessEstimate
  readonly receive: AccessEstimate
  readonly out: Map<string, PathEstimate>
  readonly in: Map<string, PathEstimate>
}

/** `proxy`: its name, the other end of all star links. */
export function createMeasuredNetwork(proxy: string): MeasuredNetwork {
  return new Network(proxy)
}

class Network implements MeasuredNetwork {
  readonly #proxy: string
  readonly #daemons = new Map<string, Daemon>()
  readonly #pairs = new Map<string, Reachability>()

  constructor(proxy: string) {
    this.#proxy = proxy
  }

  report({ from, links, receivedBytesPerSecond }: LinkReport, nowMs: number): void {
    const daemon = this.#daemonOf(from)
    const sent = links.reduce((sum, { loadBytesPerSecond }) => sum + loadBytesPerSecond, 0)
    for (const sample of links) {
      const path = this.#pathOf({ from, to: sample.peer, role: sample.role })
      const isAlone = this.#isAlone(sample, { sent, nowMs })
      if (path !== null) noteSample(path, sample, { isAlone, nowMs })
    }
    noteSum(daemon.send, sent, { shares: sharesOf(daemon.out, nowMs), nowMs })
    const shares = sharesOf(daemon.in, nowMs)
    noteSum(daemon.receive, receivedBytesPerSecond, { shares, nowMs })
  }

  probed({ bytesPerSecond, isSaturated, ...who }: ProbeResult, nowMs: number): void {
    const path = this.#pathOf(who)
    if (path !== null) noteRate(path, bytesPerSecond, { isLimit: isSaturated, nowMs })
  }

  reached(pair: HostPair, outcome: Pick<Reachability, 'isReachable' | 'reason' | 'atMs'>): void {
    this.#pairs.set(pairKey(pair), { ...pair, ...outcome })
  }

  forget(name: string): void {
    const daemon = this.#daemons.get(name)
    for (const to of daemon?.out.keys() ?? []) this.#daemons.get(to)?.in.delete(name)
    for (const from of daemon?.in.keys() ?? []) this.#daemons.get(from)?.out.delete(name)
    this.#daemons.delete(name)
    for (const [key, { a, b }] of this.#pairs) {
      if (a === name || b === name) this.#pairs.delete(key)
    }
  }

  path({ from, to }: Pick<PathMeasure, 'from' | 'to'>, nowMs: number): PathMeasure | null {
    const path = this.#daemons.get(from)?.out.get(to)
    return path === undefined ? null : measureOf(path, nowMs)
  }

  paths(nowMs: number): PathMeasure[] {
    const all = [...this.#daemons.values()]
    return all.flatMap(({ out }) => [...out.values()].map((path) => measureOf(path, nowMs)))
  }

  reachability(): readonly Reachability[] {
    return [...this.#pairs.values()]
  }

  load(name: string, nowMs: number): Capacity {
    const daemon = this.#daemons.get(name)
    return {
      sendBytesPerSecond: sumOfLoads(daemon?.out, nowMs),
      receiveBytesPerSecond: sumOfLoads(daemon?.in, nowMs),
    }
  }

  figures(nowMs: number): NetworkFigures {
    return figuresOf({ daemons: this.#daemons, proxy: this.#proxy, nowMs })
  }

  #daemonOf(name: string): Daemon {
    const known = this.#daemons.get(name)
    if (known !== undefined) return known
    const made = { send: newAccess(), receive: newAccess(), out: new Map(), in: new Map() }
    this.#daemons.set(name, made)
    return made
  }

  #pathOf(who: Pick<PathMeasure, 'from' | 'to' | 'role'>): PathEstimate | null {
    const from = this.#daemonOf(who.from)
    const known = from.out.get(who.to)
    if (known !== undefined) return known
    if (from.out.size >= PATHS_PER_DAEMON_MAX) return null
    const made = newEstimate(who)
    from.out.set(who.to, made)
    this.#daemonOf(who.to).in.set(who.from, made)
    return made
  }

  /** Are both its ends the link's own, nearly? */
  #isAlone(
    { peer, loadBytesPerSecond }: LinkSample,
    { sent, nowMs }: { readonly sent: number; readonly nowMs: number },
  ): boolean {
    const last = this.#daemons.get(peer)?.receive.last ?? null
    const received = last === null || nowMs - last.atMs > STALE_MS ? 0 : last.bytesPerSecond
    return loadBytesPerSecond >= ALONE_SHARE * Math.max(sent, received)
  }
}

function* sharesOf(paths: ReadonlyMap<string, PathEstimate>, nowMs: number): Iterable<Share> {
  for (const path of paths.values()) {
    if (nowMs - path.atMs > STALE_MS) continue
    const limitBytesPerSecond = limitOf(path, nowMs)?.bytesPerSecond ?? null
    const { loadBytesPerSecond, isSaturated } = path
    yield { loadBytesPerSecond, isSaturated, limitBytesPerSecond }
  }
}

function sumOfLoads(paths: ReadonlyMap<string, PathEstimate> | undefined, nowMs: number): number {
  let sum = 0
  for (const path of paths?.values() ?? []) sum += loadOf(path, nowMs)
  return sum
}

interface Known {
  readonly daemons: ReadonlyMap<string, Daemon>
  readonly proxy: string
  readonly nowMs: number
}

function figuresOf({ daemons, proxy, nowMs }: Known): NetworkFigures {
  const measure = (from: string, to: string): PathMeasure | null => {
    const path = daemons.get(from)?.out.get(to)
    return path === undefined ? null : measureOf(path, nowMs)
  }
  return {
    proxy: () => accessOf(daemons.get(proxy), nowMs),
    access: (host) => accessOf(daemons.get(host), nowMs),
    star(host) {
      const [up, down] = [measure(host, proxy), measure(proxy, host)]
      return {
        sendBytesPerSecond: capacityOf(up),
        receiveBytesPerSecond: capacityOf(down),
        rttMs: least(up?.rttMs, down?.rttMs) ?? 0,
        lossRatio: Math.max(up?.lossRatio ?? 0, down?.lossRatio ?? 0),
      }
    },
    path({ a, b }): PathFigures | null {
      const [there, back] = [measure(a, b), measure(b, a)]
      if (there === null && back === null) return null
      return {
        aToBBytesPerSecond: capacityOf(there),
        bToABytesPerSecond: capacityOf(back),
        rttMs: least(there?.rttMs, back?.rttMs),
        lossRatio: most(there?.lossRatio, back?.lossRatio),
      }
    },
  }
}

/** What it was seen to carry and no more; Infinity: no limit is known. */
function capacityOf(measure: PathMeasure | null): number {
  if (measure === null || !measure.isSaturated) return Number.POSITIVE_INFINITY
  return measure.bytesPerSecond ?? Number.POSITIVE_INFINITY
}

function accessOf(daemon: Daemon | undefined, nowMs: number): Capacity {
  if (daemon === undefined) return UNKNOWN
  return {
    sendBytesPerSecond: directionOf(daemon.send, daemon.out, nowMs),
    receiveBytesPerSecond: directionOf(daemon.receive, daemon.in, nowMs),
  }
}

const UNKNOWN: Capacity = {
  sendBytesPerSecond: Number.POSITIVE_INFINITY,
  receiveBytesPerSecond: Number.POSITIVE_INFINITY,
}

/** A limit that showed under load; else one that the star and a fast path have in common. */
function directionOf(
  access: AccessEstimate,
  paths: ReadonlyMap<string, PathEstimate>,
  nowMs: number,
): number {
  const limits = { star: 0, 'fast-path': 0 }
  for (const path of paths.values()) {
    const limit = limitOf(path, nowMs)?.bytesPerSecond ?? 0
    limits[path.role] = Math.max(limits[path.role], limit)
  }
  const { star, 'fast-path': direct } = limits
  const shown = accessLimit(access, { links: [star, direct], nowMs })
  if (Number.isFinite(shown)) return shown
  const isSame = Math.min(star, direct) >= SAME * Math.max(star, direct)
  if (star === 0 || !isSame) return Number.POSITIVE_INFINITY
  return Math.max(star, direct, access.most?.bytesPerSecond ?? 0)
}

function least(one: number | null | undefined, other: number | null | undefined): number | null {
  const known = [one, other].filter((value) => value !== null && value !== undefined)
  return known.length === 0 ? null : Math.min(...known)
}

function most(one: number | null | undefined, other: number | null | undefined): number | null {
  const known = [one, other].filter((value) => value !== null && value !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}
