// Ctrl-C, a terminal or a reader that went away: for commands that have something to say or to
// clear up at their end (ping, capture, top, lab up, demo).

export interface Interruption {
  readonly signal: AbortSignal
  /** Resolves with `interrupted`; never rejects. */
  readonly happened: Promise<'interrupted'>
  /** Gives the signals back to their usual meaning. */
  release(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const caught = new Set<() => void>()

/** Nobody reads the output any more; true if a command that catches interruptions will end. */
export function interruptForClosedOutput(): boolean {
  const isCaught = caught.size > 0
  for (const onSignal of caught) onSignal()
  return isCaught
}

/**
 * The first signal is caught; a second ends the process at once, as usual. With `again`, for those
 * who would leave something behind, every further one calls that instead, until the release.
 */
export function catchInterrupt(again?: () => void): Interruption {
  const controller = new AbortController()
  const happened = new Promise<'interrupted'>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve('interrupted'), { once: true })
  })
  const release = () => {
    caught.delete(onSignal)
    for (const name of SIGNALS) process.off(name, onSignal)
  }
  const onSignal = () => {
    if (controller.signal.aborted) again?.()
    if (again === undefined) release()
    controller.abort()
  }
  caught.add(onSignal)
  for (const name of SIGNALS) process.on(name, onSignal)
  return { signal: controller.signal, happened, release }
}
