// What systemd is told (sd_notify(3)): ready, reloading, stopping, and a sign of life while the
// event loop turns and the data plane answers. Does nothing where systemd did not start the daemon.

import type { Cancel, Clock } from '../base/clock.ts'

export interface Notifier {
  ready(status: string): void
  reloading(): void
  stopping(): void
  /** Beats until it is cancelled; a beat is left out while `isAlive` throws or says no. */
  watch(isAlive: () => boolean): Cancel
}

export function createNotifier(options: {
  /** The addon's `sdNotify`. False: there is nobody to tell. */
  readonly send: (state: string) => boolean
  readonly clock: Clock
  /** The machine's CLOCK_MONOTONIC, which systemd compares with its own. */
  readonly monotonicUsec: () => bigint
  /** WATCHDOG_USEC of the environment; undefined: no watchdog. */
  readonly watchdogUsec: string | undefined
}): Notifier {
  const { send, clock } = options
  return {
    ready: (status) => void send(`READY=1\nSTATUS=${status}`),
    reloading: () => void send(`RELOADING=1\nMONOTONIC_USEC=${options.monotonicUsec()}`),
    stopping: () => void send('STOPPING=1'),
    watch(isAlive) {
      const usec = Number(options.watchdogUsec ?? 0)
      if (!Number.isFinite(usec) || usec <= 0) return () => {}
      // Thrice a period: one late beat is not the end.
      return clock.every(usec / 3_000, () => {
        if (isAlive()) send('WATCHDOG=1')
      })
    },
  }
}
