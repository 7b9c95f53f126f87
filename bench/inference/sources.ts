// What is sent in each interval of a simulated network: the programs' messages, random background,
// acknowledgements, and the chatter of machines on which nothing runs.

import type { MacAddress } from '../../src/base/mac.ts'
import type { Random } from '../../src/base/random.ts'
import { guestMac, type IntervalCounts, type ProgramPlan, type TrafficPlan } from './traffic.ts'

export interface LoadSource {
  /** By guest number. */
  readonly macs: readonly MacAddress[]
  /** What is sent in the interval that starts at `fromMs`; valid until the next call. */
  next(fromMs: number): IntervalCounts
}

/** A full Ethernet frame, and what an acknowledgement takes. */
const FRAME_BYTES = 1_514
const ACK_BYTES = 66
/** Frames of the background, and how many of them make one message at most. */
const BACKGROUND_FRAMES = [90, 200, 576, 1_514]
const MESSAGE_FRAMES_MAX = 6
/** From this many messages in an interval on, their sum is drawn at once. */
const SUM_FROM = 30

interface Message {
  readonly at: number
  readonly bytesPerSecond: number
  /** Its part of the communication phase, 0..1. */
  readonly begin: number
  readonly end: number
}

export function createLoadSource(plan: TrafficPlan): LoadSource {
  const { random, guests, updateIntervalMs } = plan
  const counts = {
    bytes: new Float64Array(guests * guests),
    frames: new Float64Array(guests * guests),
  }
  const programs = plan.programs.map((one) => ({
    plan: one,
    messages: messagesOf(one, guests, random),
  }))
  return {
    macs: Array.from({ length: guests }, (_, i) => guestMac(i + 1)),
    next(fromMs) {
      counts.bytes.fill(0)
      counts.frames.fill(0)
      let meanBytes = 0
      for (const { plan: program, messages } of programs) {
        if (fromMs < program.startMs || fromMs >= program.endMs) continue
        meanBytes += (volumeOf(messages) * updateIntervalMs) / 1_000
        for (const message of messages) {
          send(counts, message.at, bytesIn(program, message, fromMs, updateIntervalMs))
        }
      }
      if (plan.ackShare > 0) acknowledge(counts, guests, plan.ackShare)
      if (plan.backgroundShare > 0 && guests > 1) {
        addBackground(counts, guests, plan.backgroundShare * meanBytes, random)
      }
      if (plan.hasChatter) addChatter(counts, guests, updateIntervalMs, random)
      return counts
    },
  }
}

function messagesOf(plan: ProgramPlan, guests: number, random: Random): Message[] {
  const weights = plan.edges.map(() => Math.exp(random.next() * Math.log(plan.skew)))
  const mean = weights.reduce((sum, one) => sum + one, 0) / Math.max(1, weights.length)
  return plan.edges.map(([source, destination], i) => {
    const begin = random.next() * 0.5
    return {
      at: source * guests + destination,
      bytesPerSecond: (plan.meanBytesPerSecond * (weights[i] ?? 1)) / mean,
      begin,
      end: begin + 0.5,
    }
  })
}

const volumeOf = (messages: readonly Message[]) =>
  messages.reduce((sum, one) => sum + one.bytesPerSecond, 0)

/** What of a message falls into an interval: it is sent evenly in its part of each phase. */
function bytesIn(plan: ProgramPlan, message: Message, fromMs: number, intervalMs: number): number {
  const { periodMs, duty, startMs } = plan
  const bytes = (message.bytesPerSecond * periodMs) / 1_000
  const lengthMs = (message.end - message.begin) * duty * periodMs
  let total = 0
  const first = Math.floor((fromMs - startMs) / periodMs)
  const last = Math.floor((fromMs + intervalMs - startMs) / periodMs)
  for (let phase = first; phase <= last; phase += 1) {
    const beginMs = startMs + (phase + message.begin * duty) * periodMs
    const overlapMs = Math.min(beginMs + lengthMs, fromMs + intervalMs) - Math.max(beginMs, fromMs)
    if (overlapMs > 0) total += (bytes * overlapMs) / lengthMs
  }
  return total
}

function send({ bytes, frames }: IntervalCounts, at: number, count: number): void {
  if (count < 1) return
  bytes[at] = (bytes[at] ?? 0) + Math.round(count)
  frames[at] = (frames[at] ?? 0) + Math.ceil(count / FRAME_BYTES)
}

function acknowledge({ bytes, frames }: IntervalCounts, guests: number, share: number): void {
  const sent = bytes.slice()
  for (let source = 0; source < guests; source += 1) {
    for (let destination = 0; destination < guests; destination += 1) {
      const forward = sent[source * guests + destination] ?? 0
      const count = Math.round((forward * share) / ACK_BYTES)
      const at = destination * guests + source
      bytes[at] = (bytes[at] ?? 0) + count * ACK_BYTES
      frames[at] = (frames[at] ?? 0) + count
    }
  }
}

/** Messages of mixed sizes between random pairs, `volume` bytes in all on average. */
function addBackground(
  { bytes, frames }: IntervalCounts,
  guests: number,
  volume: number,
  random: Random,
): void {
  const frameMean = BACKGROUND_FRAMES.reduce((sum, one) => sum + one, 0) / BACKGROUND_FRAMES.length
  const framesMean = (1 + MESSAGE_FRAMES_MAX) / 2
  const perPair = volume / (frameMean * framesMean) / (guests * (guests - 1))
  for (let at = 0; at < guests * guests; at += 1) {
    if (Math.floor(at / guests) === at % guests) continue
    const messages = poisson(perPair, random)
    if (messages >= SUM_FROM) {
      const count = messages * framesMean
      const spread = frameMean * framesMean * Math.sqrt(messages) * normal(random)
      bytes[at] = (bytes[at] ?? 0) + Math.max(0, Math.round(count * frameMean + spread))
      frames[at] = (frames[at] ?? 0) + Math.round(count)
      continue
    }
    for (let message = 0; message < messages; message += 1) {
      const size = BACKGROUND_FRAMES[Math.floor(random.next() * BACKGROUND_FRAMES.length)] ?? 0
      const count = 1 + Math.floor(random.next() * MESSAGE_FRAMES_MAX)
      bytes[at] = (bytes[at] ?? 0) + size * count
      frames[at] = (frames[at] ?? 0) + count
    }
  }
}

/** A number of events of which `mean` are expected (Knuth; the normal law for many). */
function poisson(mean: number, random: Random): number {
  if (mean > SUM_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let product = random.next()
  let events = 0
  while (product > limit) {
    product *= random.next()
    events += 1
  }
  return events
}

/** Box and Muller's normal law. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}

/** Events a second and guest, and what one of them sends, there and back. */
const CHATTER = [
  // ARP request answered, mDNS, DHCP renewal, NTP.
  { perSecond: 0.2, frames: 1, bytes: 42, backFrames: 1, backBytes: 42 },
  { perSecond: 0.3, frames: 2, bytes: 140, backFrames: 0, backBytes: 0 },
  { perSecond: 0.01, frames: 2, bytes: 342, backFrames: 2, backBytes: 342 },
  { perSecond: 0.05, frames: 1, bytes: 90, backFrames: 1, backBytes: 90 },
  // A key in an ssh session with its echo; now and then the output of a command.
  { perSecond: 2, frames: 2, bytes: 102, backFrames: 1, backBytes: 118 },
  { perSecond: 0.1, frames: 5, bytes: 66, backFrames: 6, backBytes: 1_200 },
]

function addChatter(
  { bytes, frames }: IntervalCounts,
  guests: number,
  intervalMs: number,
  random: Random,
): void {
  for (let guest = 0; guest < guests; guest += 1) {
    for (const one of CHATTER) {
      if (random.next() >= (one.perSecond * intervalMs) / 1_000) continue
      // Each guest has a few others that it knows.
      const other = (guest + 1 + Math.floor(random.next() * Math.min(3, guests - 1))) % guests
      if (other === guest) continue
      const [there, back] = [guest * guests + other, other * guests + guest]
      bytes[there] = (bytes[there] ?? 0) + one.frames * one.bytes
      frames[there] = (frames[there] ?? 0) + one.frames
      bytes[back] = (bytes[back] ?? 0) + one.backFrames * one.backBytes
      frames[back] = (frames[back] ?? 0) + one.backFrames
    }
  }
}
