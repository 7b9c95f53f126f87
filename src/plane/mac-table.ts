// Where each MAC is: on a port, or behind a link. Learned from frames, or announced by a host.
// A MAC that shows up elsewhere moves at once (a migrated guest must not lose its network), unless
// it did so too often lately: then two places claim it, and it stays put for a while.

import { MAC_FLAP_MOVES_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type { MacEntry } from './plane.ts'

/** A port or a link. */
export type Place = MacEntry['where']

export function isSamePlace(a: Place, b: Place): boolean {
  if (a.kind === 'port') return b.kind === 'port' && a.port === b.port
  return b.kind === 'link' && a.link === b.link
}

/** Moves are counted within this time; what flaps stays where it is for as long. */
const FLAP_WINDOW_MS = 10_000

interface Entry {
  where: Place
  seenMs: number
  windowStartMs: number
  dampedUntilMs: number
  moves: number
  isAnnounced: boolean
}

export interface Learned {
  /** `flapping`: damped from now on. `full`: not stored, the table is at its bound. */
  readonly result: 'unchanged' | 'added' | 'moved' | 'flapping' | 'damped' | 'full'
  readonly previous: Place | null
  readonly moves: number
}

export interface MacTable {
  find(mac: MacAddress): Place | null
  /** A frame of `mac` was seen at `where`, or (`isAnnounced`) a host said that it has it. */
  learn(
    mac: MacAddress,
    where: Place,
    options: { readonly nowMs: number; readonly isAnnounced: boolean },
  ): Learned
  forget(mac: MacAddress): boolean
  /** Forgets everything at a port or link that is gone. */
  forgetPlace(place: Place): void
  /** Forgets and returns what was not seen for the age limit. What was announced stays. */
  expire(nowMs: number): MacAddress[]
  list(nowMs: number): MacEntry[]
}

/** A table of at most `entriesMax` MACs that forgets what is silent for `ageMs`. */
export function createMacTable({
  ageMs,
  entriesMax,
}: {
  readonly ageMs: number
  readonly entriesMax: number
}): MacTable {
  const entries = new Map<MacAddress, Entry>()

  return {
    find: (mac) => entries.get(mac)?.where ?? null,
    learn(mac, where, { nowMs, isAnnounced }) {
      const entry = entries.get(mac)
      if (entry !== undefined) return learnAgain(entry, where, { nowMs, isAnnounced })
      if (entries.size >= entriesMax) return { result: 'full', previous: null, moves: 0 }
      const times = { seenMs: nowMs, windowStartMs: nowMs, dampedUntilMs: 0 }
      entries.set(mac, { where, ...times, moves: 0, isAnnounced })
      return { result: 'added', previous: null, moves: 0 }
    },
    forget: (mac) => entries.delete(mac),
    forgetPlace(place) {
      for (const [mac, entry] of entries) if (isSamePlace(entry.where, place)) entries.delete(mac)
    },
    expire(nowMs) {
      const isOld = (entry: Entry) => !entry.isAnnounced && nowMs > entry.seenMs + ageMs
      const old = [...entries].filter(([, entry]) => isOld(entry)).map(([mac]) => mac)
      for (const mac of old) entries.delete(mac)
      return old
    },
    list: (nowMs) => [...entries].map(([mac, entry]) => describe(mac, entry, nowMs)),
  }
}

function learnAgain(
  entry: Entry,
  where: Place,
  { nowMs, isAnnounced }: { readonly nowMs: number; readonly isAnnounced: boolean },
): Learned {
  const previous = entry.where
  const result = isSamePlace(previous, where) ? 'unchanged' : move(entry, where, nowMs)
  if (result === 'unchanged' || result === 'moved') {
    entry.seenMs = nowMs
    entry.isAnnounced = isAnnounced || (entry.isAnnounced && result === 'unchanged')
  }
  return { result, previous, moves: entry.moves }
}

function move(entry: Entry, where: Place, nowMs: number): 'moved' | 'flapping' | 'damped' {
  if (nowMs < entry.dampedUntilMs) return 'damped'
  if (nowMs - entry.windowStartMs > FLAP_WINDOW_MS) {
    entry.windowStartMs = nowMs
    entry.moves = 0
  }
  entry.moves++
  if (entry.moves > MAC_FLAP_MOVES_MAX) {
    entry.dampedUntilMs = nowMs + FLAP_WINDOW_MS
    return 'flapping'
  }
  entry.where = where
  return 'moved'
}

function describe(mac: MacAddress, entry: Entry, nowMs: number): MacEntry {
  const isRecent = nowMs - entry.windowStartMs <= FLAP_WINDOW_MS
  return {
    mac,
    where: entry.where,
    ageMs: nowMs - entry.seenMs,
    moves: isRecent ? entry.moves : 0,
    isDamped: nowMs < entry.dampedUntilMs,
  }
}
