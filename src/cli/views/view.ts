// What all views share: a view turns an answer of the admin API into text for people. Pure, so the
// tests compare whole screens.

import type { DropReason } from '../../plane/plane.ts'
import type { Cell } from '../columns.ts'
import type { Paint, Tone } from '../output.ts'
import { formatBytes, formatCount, formatDuration, formatMicroseconds } from '../units.ts'

export interface ViewOptions {
  readonly paint: Paint
  /** Wall clock, for `5 min ago`. */
  readonly nowMs: number
  /** Of the terminal; undefined where nobody knows. */
  readonly columns?: number
  /** How many rows to show, where a view leaves some out. */
  readonly top?: number
}

export type View<T> = (data: T, options: ViewOptions) => string

const STATE_TONES: Readonly<Record<string, Tone>> = {
  up: 'good',
  admitted: 'good',
  ok: 'good',
  down: 'bad',
  failed: 'bad',
  revoked: 'bad',
  'blocked-loop': 'bad',
  closed: 'bad',
  warning: 'warn',
  pending: 'warn',
  connecting: 'warn',
  handshake: 'warn',
}

/** A state in its colour. */
export function stateCell(state: string): Cell {
  return { text: state, tone: STATE_TONES[state] ?? 'plain' }
}

export function bytesCell(bytes: number | null): Cell {
  return bytes === null ? null : formatBytes(bytes)
}

export function rttCell(us: number | null): Cell {
  return us === null ? null : formatMicroseconds(us)
}

/** A count that is bad news unless it is 0. */
export function lossCell(count: number | null): Cell {
  if (count === null) return null
  return count === 0 ? { text: '0', tone: 'dim' } : { text: formatCount(count), tone: 'warn' }
}

/** For how long something is so already. */
export function sinceCell(sinceMs: number | null, nowMs: number): Cell {
  return sinceMs === null ? null : formatDuration(Math.max(0, nowMs - sinceMs))
}

/** Sum over the reasons. */
export function dropsOf(drops: Readonly<Partial<Record<DropReason, number>>>): number {
  return Object.values(drops).reduce((sum, count) => sum + count, 0)
}
