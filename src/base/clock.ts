// Time as an argument: everything that waits or measures takes a Clock. `systemClock` is the real
// one; a VirtualClock stands still until a test or the simulation advances it.

/** Takes back a timer; does nothing once it has run or was cancelled. */
export type Cancel = () => void

export interface Clock {
  /** Wall clock, ms since 1970; may jump. For certificates, logs and people. */
  wallMs(): number
  /** Never goes back; its zero means nothing. For intervals. */
  monotonicMs(): number
  /** Runs `run` once, `delayMs` from now, never from inside this call. */
  after(delayMs: number, run: () => void): Cancel
  /** Runs `run` each `intervalMs` (more than 0) until cancelled, first after one interval. */
  every(intervalMs: number, run: () => void): Cancel
}

/** setTimeout counts in 32 bits: a longer delay would fire at once. */
const TIMEOUT_MS_MAX = 2_147_483_647

function startTimer(dueMs: number, run: () => void): Cancel {
  let timer: NodeJS.Timeout
  const arm = () => {
    const leftMs = Math.max(0, dueMs - performance.now())
    timer = leftMs > TIMEOUT_MS_MAX ? setTimeout(arm, TIMEOUT_MS_MAX) : setTimeout(run, leftMs)
  }
  arm()
  return () => clearTimeout(timer)
}

/** The machine's clock. Its timers keep the process alive. */
export function systemClock(): Clock {
  const after = (delayMs: number, run: () => void) => startTimer(performance.now() + delayMs, run)
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after,
    every: (intervalMs, run) => repeat(after, intervalMs, run),
  }
}

function repeat(after: Clock['after'], intervalMs: number, run: () => void): Cancel {
  let isCancelled = false
  let cancel: Cancel = () => {}
  const beat = () => {
    cancel = after(intervalMs, beat)
    run()
  }
  cancel = after(intervalMs, beat)
  return () => {
    if (!isCancelled) cancel()
    isCancelled = true
  }
}

interface VirtualTimer {
  readonly dueMs: number
  readonly order: number
  /** Null once cancelled. */
  run: (() => void) | null
}

/** A clock that only `advance` moves: two runs of the same program see the same times. */
export class VirtualClock implements Clock {
  /** A binary heap: the next timer is first. */
  readonly #timers: VirtualTimer[] = []
  readonly #startWallMs: number
  #elapsedMs = 0
  #order = 0

  constructor(options: { readonly wallMs?: number } = {}) {
    this.#startWallMs = options.wallMs ?? Date.UTC(2026, 0, 1)
  }

  wallMs(): number {
    return this.#startWallMs + this.#elapsedMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, run: () => void): Cancel {
    const dueMs = this.#elapsedMs + Math.max(0, delayMs)
    const timer: VirtualTimer = { dueMs, order: this.#order++, run }
    push(this.#timers, timer)
    return () => {
      timer.run = null
    }
  }

  every(intervalMs: number, run: () => void): Cancel {
    return repeat((delayMs, beat) => this.after(delayMs, beat), intervalMs, run)
  }

  /**
   * Moves time on by `ms` and runs what becomes due, in order of time and then of setting, timers
   * that are set meanwhile included.
   */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms
    for (;;) {
      const next = this.#timers[0]
      if (next === undefined || next.dueMs > untilMs) break
      pop(this.#timers)
      this.#elapsedMs = next.dueMs
      next.run?.()
    }
    this.#elapsedMs = untilMs
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}

function push(heap: VirtualTimer[], timer: VirtualTimer): void {
  let at = heap.push(timer) - 1
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up]
    if (parent === undefined || !isBefore(timer, parent)) break
    heap[at] = parent
    at = up
  }
  heap[at] = timer
}

/** Removes the first. */
function pop(heap: VirtualTimer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    let smaller = heap[child]
    const other = heap[child + 1]
    if (smaller !== undefined && other !== undefined && isBefore(other, smaller)) {
      smaller = other
      child++
    }
    if (smaller === undefined || !isBefore(smaller, last)) break
    heap[at] = smaller
    at = child
  }
  heap[at] = last
}
