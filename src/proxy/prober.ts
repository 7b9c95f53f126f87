// Lets links be probed, one after the other: the proxy's own ends of the star by itself, all others
// by the host that sends there (src/adapt/probing.ts chooses).

import type { MeasuredNetwork } from '../adapt/measured.ts'
import { chooseProbes, type ProbeTarget } from '../adapt/probing.ts'
import type { HostPair } from '../adapt/types.ts'
import type { Clock } from '../base/clock.ts'
import { VnetError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { LinkProber, ProbeAnswer } from '../daemon/link-prober.ts'
import type { Peer } from '../daemon/peer.ts'

/** How much a probe may cost: on 100 Mbit/s up to two thirds of a second in half an hour. */
const LIMITS = { bytesMax: 8_000_000, durationMsMax: 2_000 }
/** So often it is looked whether something is to be probed. */
const INTERVAL_MS = 1_000
/** A probe, and an answer over a slow star. */
const ANSWER_TIMEOUT_MS = 8_000

export interface Prober {
  /** A fast path came up: its rate is wanted at once. */
  readonly pathUp: (pair: HostPair) => void
  readonly pathDown: (pair: HostPair) => void
  stop(): void
}

export interface ProberOptions {
  readonly network: MeasuredNetwork
  readonly clock: Clock
  readonly log: Log
  readonly nowMs: () => number
  /** The proxy's name. */
  readonly name: string
  readonly prober: LinkProber
  /** All hosts that are connected. */
  readonly peers: () => Iterable<Peer>
  readonly peerOf: (host: string) => Peer | null
}

export function createProber(options: ProberOptions): Prober {
  const { network, clock, log, nowMs, name: proxy } = options
  const fastPaths = new Map<string, HostPair>()
  const busy = new Set<string>()
  /** By `from to`. */
  const probedMs = new Map<string, number>()
  const loadOf = (daemon: string) => {
    const { sendBytesPerSecond, receiveBytesPerSecond } = network.load(daemon, nowMs())
    return sendBytesPerSecond + receiveBytesPerSecond
  }

  function targets(): ProbeTarget[] {
    const target = (from: string, to: string, role: ProbeTarget['role']): ProbeTarget => ({
      ...{ from, to, role, measure: network.path({ from, to }, nowMs()) },
      probedMs: probedMs.get(`${from} ${to}`) ?? null,
    })
    const bothWays = (a: string, b: string, role: ProbeTarget['role']) => [
      target(a, b, role),
      target(b, a, role),
    ]
    const stars = [...options.peers()].flatMap(({ name }) => bothWays(name, proxy, 'star'))
    const direct = [...fastPaths.values()].flatMap(({ a, b }) => bothWays(a, b, 'fast-path'))
    return [...direct, ...stars]
  }

  function look(): void {
    const situation = { nowMs: nowMs(), busy, loadOf }
    for (const target of chooseProbes(targets(), situation)) void run(target)
  }

  async function run({ from, to, role }: ProbeTarget): Promise<void> {
    for (const end of [from, to]) busy.add(end)
    const answer = await ask(options, from, to)
    probedMs.set(`${from} ${to}`, nowMs())
    for (const end of [from, to]) busy.delete(end)
    if (typeof answer === 'string') log.debug({ from, to, answer }, 'link not probed')
    else {
      const { bytesPerSecond, isSaturated, sentBytes, durationMs } = answer
      log.debug({ from, to, bytesPerSecond, isSaturated, sentBytes, durationMs }, 'link probed')
      network.probed({ from, to, role, bytesPerSecond, isSaturated }, nowMs())
    }
    look()
  }

  const cancel = clock.every(INTERVAL_MS, look)
  return {
    pathUp(pair) {
      fastPaths.set(`${pair.a} ${pair.b}`, pair)
      look()
    },
    pathDown({ a, b }) {
      fastPaths.delete(`${a} ${b}`)
      for (const key of [`${a} ${b}`, `${b} ${a}`]) probedMs.delete(key)
    },
    stop: cancel,
  }
}

async function ask(options: ProberOptions, from: string, to: string): Promise<ProbeAnswer> {
  const isOurs = from === options.name
  const peer = options.peerOf(isOurs ? to : from)
  if (peer === null) return 'no-answer'
  if (isOurs) return options.prober.probe(peer.link, LIMITS)
  const { bytesMax, durationMsMax: durationMaxMs } = LIMITS
  const order = { kind: 'probeOrder', peer: to, bytesMax, durationMaxMs } as const
  try {
    const answer = await peer.ask(order, ANSWER_TIMEOUT_MS)
    if (answer.kind !== 'probeResult') return 'no-answer' // an older host
    return answer.errorCode === '' ? answer : 'busy'
  } catch (error) {
    if (error instanceof VnetError) return 'no-answer'
    throw error
  }
}
