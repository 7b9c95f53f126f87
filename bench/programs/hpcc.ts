// HPC Challenge (https://hpcchallenge.org): a program of known parts, one after the other, each of
// which talks in its own way. It writes when a part begins and ends; what the proxy inferred
// meanwhile is set beside it.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TalkingGuest } from '../guests.ts'
import { type Stretch, sumStretches } from './compare.ts'
import { startMpi } from './mpi.ts'
import { type Observer, type Sight, stretchesOf } from './observe.ts'

/** Parts in which ranks talk, and how; the others compute only. */
export const HPCC_PARTS: Readonly<Record<string, string>> = {
  MPIRandomAccess: 'updates at random places of a table that is spread over all: all-to-all',
  MPIRandomAccess_LCG: 'the same with other random numbers: all-to-all',
  PTRANS: 'transposes a matrix: blocks change places across the diagonal of the grid of ranks',
  MPIFFT: 'one-dimensional FFT: transposes spread over all: all-to-all',
  LatencyBandwidth: 'ping-pong of one pair after the other, then the natural and random rings',
  HPL: 'LU decomposition: along the rows and columns of the grid of ranks',
}

const POLL_MS = 50
/** A change is known this late; what is known then belongs to the part that just ended. */
const LATE_MS = 300

export interface HpccPart {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  /** What was inferred during the part and for how long, longest first. */
  readonly seen: readonly Stretch[]
}

export interface HpccResult {
  /** In order; the last one may have been cut off. */
  readonly parts: readonly HpccPart[]
  readonly hasEnded: boolean
  readonly changes: readonly Sight[]
  /** When all ranks sent: stretches of time, in order. */
  readonly together: readonly Span[]
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** Runs it on all of `guests` until its end, the part `until`, or the time limit. */
export async function runHpcc(options: {
  readonly name: string
  /** 4 or 8. */
  readonly guests: readonly TalkingGuest[]
  readonly folder: string
  readonly observer: Observer
  /** Rows of HPL's matrix; all other sizes follow from it. */
  readonly size: number
  readonly until?: string
  readonly limitMs: number
}): Promise<HpccResult> {
  const { name, guests, observer, size, limitMs } = options
  const folder = join(options.folder, name)
  await mkdir(folder)
  await writeFile(join(folder, 'hpccinf.txt'), hpccInput(size, guests.length))
  const startMs = Date.now()
  const run = await startMpi({ folder, guests, command: ['hpcc'] })
  const times = new PartTimes()
  const ranks = createRankWatch(guests.length)
  try {
    while (!run.hasEnded() && Date.now() - startMs < limitMs) {
      const text = await readFile(join(folder, 'hpccoutf.txt'), 'utf8').catch(() => '')
      times.read(text, Date.now())
      ranks.see(Date.now(), await Promise.all(guests.map((guest) => guest.sentBytes())))
      if (options.until !== undefined && times.hasBegun(options.until)) break
      await sleep(POLL_MS)
    }
    const hasEnded = run.hasEnded()
    const text = await readFile(join(folder, 'hpccoutf.txt'), 'utf8').catch(() => '')
    times.read(text, Date.now())
    if (times.parts.length === 0) throw new Error(`${name} did not begin:\n${run.output()}`)
    const changes = await observer.changes(startMs)
    const parts = sumParts(times, changes, Date.now())
    return { parts, hasEnded, changes, together: ranks.together() }
  } finally {
    await run.stop()
  }
}

/** A rank takes part while it sends at least so much to each of the others: an edge's least. */
const TAKES_PART_BYTES_PER_SECOND = 16_000
/** ... over this time, as the inference looks at it. */
const LOOK_BACK_MS = 1_000

/**
 * When all ranks send, by the kernel's counters of their devices. Ranks that have done their share
 * wait for the others; with more ranks than processors some do not run for a second and longer.
 */
export function createRankWatch(ranks: number) {
  const samples: { readonly atMs: number; readonly sent: readonly number[] }[] = []
  const spans: { fromMs: number; toMs: number }[] = []
  let isTogether = false
  return {
    /** `sent`: bytes by rank, since whenever. */
    see(atMs: number, sent: readonly number[]): void {
      samples.push({ atMs, sent })
      while ((samples[1]?.atMs ?? atMs) <= atMs - LOOK_BACK_MS) samples.shift()
      const [first] = samples
      if (first === undefined || first.atMs > atMs - LOOK_BACK_MS) return
      const least = (TAKES_PART_BYTES_PER_SECOND * (ranks - 1) * (atMs - first.atMs)) / 1_000
      const last = spans.at(-1)
      const before = isTogether
      isTogether = sent.every((bytes, rank) => bytes - (first.sent[rank] ?? 0) >= least)
      if (!isTogether) return
      if (before && last !== undefined) last.toMs = atMs
      else spans.push({ fromMs: atMs, toMs: atMs })
    },
    together: (): readonly Span[] => spans,
  }
}

/** When parts began and ended, from the growing output file. */
export class PartTimes {
  readonly parts: { name: string; fromMs: number; toMs: number | null }[] = []
  #lines = 0

  /** The whole text so far. */
  read(text: string, nowMs: number): void {
    const lines = text.split('\n').slice(0, -1)
    for (const line of lines.slice(this.#lines)) {
      const [, word, name = ''] = line.match(/^(Begin|End) of (\w+) section\./) ?? []
      if (word === 'Begin') this.parts.push({ name, fromMs: nowMs, toMs: null })
      const open = this.parts.find((part) => part.name === name && part.toMs === null)
      if (word === 'End' && open !== undefined) open.toMs = nowMs
    }
    this.#lines = Math.max(this.#lines, lines.length)
  }

  hasBegun(name: string): boolean {
    return this.parts.some((part) => part.name === name)
  }
}

/**
 * The input file: HPL's with a few lines more (README.txt of the program). One matrix of `size`
 * rows on the squarest grid; panels are broadcast by an increasing ring. PTRANS and HPL run several
 * times with different blocks, so that they last longer than the inference looks back.
 */
export function hpccInput(size: number, ranks: number): string {
  const rows = ranks === 8 ? 2 : Math.round(Math.sqrt(ranks))
  return [
    'HPC Challenge',
    'on guests of an overlay',
    'HPL.out',
    '8 device',
    '1 number of sizes',
    `${size} sizes`,
    '4 number of blocks',
    '40 64 80 100 blocks',
    '0 row-major order of ranks',
    '1 number of grids',
    `${rows} rows`,
    `${ranks / rows} columns`,
    '16.0 threshold',
    ...['3', '0 1 2 panel factorizations', '1', '4 recursion stops', '1', '2 panels in recursion'],
    ...['1', '1 recursive factorization', '1', '0 broadcast by ring', '1', '0 look-ahead'],
    '1 swap: long',
    '64 swapping threshold',
    ...['0 L1', '0 U', '1 equilibration', '8 alignment'],
    '--',
    '0 more sizes for PTRANS',
    '',
    '0 more blocks for PTRANS',
    '',
    '',
  ].join('\n')
}

/**
 * Of the time in which all ranks sent during the parts `names`: in which share `what` was inferred,
 * and how long that time was. The share is NaN if there was none.
 */
export function shareOf(
  { parts, changes, together }: HpccResult,
  names: readonly string[],
  what: string,
): { readonly share: number; readonly togetherMs: number } {
  const spans = parts
    .filter(({ name }) => names.includes(name))
    .flatMap((part) =>
      together.map(({ fromMs, toMs }) => ({
        fromMs: Math.max(fromMs, part.fromMs),
        toMs: Math.min(toMs, part.toMs),
      })),
    )
    .filter(({ fromMs, toMs }) => toMs > fromMs)
  const togetherMs = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  const seenMs = spans
    .flatMap(({ fromMs, toMs }) => stretchesOf(changes, fromMs, toMs))
    .reduce((sum, seen) => sum + (seen.what === what ? seen.ms : 0), 0)
  return { share: seenMs / togetherMs, togetherMs }
}

function sumParts(times: PartTimes, changes: readonly Sight[], nowMs: number): HpccPart[] {
  return times.parts
    .filter(({ name }) => HPCC_PARTS[name] !== undefined)
    .map(({ name, fromMs, toMs }) => {
      const endMs = toMs ?? nowMs
      const seen = sumStretches(stretchesOf(changes, fromMs + LATE_MS, endMs + LATE_MS))
      return { name, fromMs, toMs: endMs, seen }
    })
}
