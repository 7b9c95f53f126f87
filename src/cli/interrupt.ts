// Ctrl-C for commands that have something to say or to close at their end (ping, capture, top).

export interface Interruption {
  readonly signal: AbortSignal
  /** Resolves with `interrupted`; never rejects. */
  readonly happened: Promise<'interrupted'>
  /** Gives the signals back to their usual meaning. */
  release(): void
}

/** The first SIGINT or SIGTERM is caught; a second ends the process at once, as usual. */
export function catchInterrupt(): Interruption {
  const controller = new AbortController()
  const happened = new Promise<'interrupted'>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve('interrupted'), { once: true })
  })
  const release = () => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  const onSignal = () => {
    release()
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { signal: controller.signal, happened, release }
}
