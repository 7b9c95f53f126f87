// Probes of this daemon's links, as the proxy orders them: one at a time, and the plane tells when
// it is over.

import type { Cancel, Clock } from '../base/clock.ts'
import type { LinkId, Plane, PlaneEvent, ProbeLimits, ProbeOutcome } from '../plane/plane.ts'
import type { MessageBody } from '../wire/message.ts'

/** Longer than any probe that is let in may last, and its way there and back. */
const PATIENCE_MS = 5_000
/** Of 100 Mbit/s a second's worth: what an order may ask for at most. */
const BYTES_MAX = 12_500_000
const DURATION_MS_MAX = 3_000

export type ProbeAnswer = ProbeOutcome | 'busy' | 'no-answer'

export interface LinkProber {
  /** Resolves when the probe is over; at once with `busy` where it cannot be now. */
  probe(link: LinkId, limits: ProbeLimits): Promise<ProbeAnswer>
  /** Feed it the plane's events `link-probed`. */
  handle(event: PlaneEvent & { readonly kind: 'link-probed' }): void
}

export function createLinkProber(options: {
  readonly plane: Pick<Plane, 'probeLink'>
  readonly clock: Clock
}): LinkProber {
  const { plane, clock } = options
  let running: { readonly link: LinkId; readonly end: (answer: ProbeAnswer) => void } | null = null

  return {
    probe(link, { bytesMax, durationMsMax }) {
      const limits = {
        bytesMax: Math.max(1, Math.min(BYTES_MAX, bytesMax)),
        durationMsMax: Math.max(1, Math.min(DURATION_MS_MAX, durationMsMax)),
      }
      if (running !== null || !plane.probeLink(link, limits)) return Promise.resolve('busy')
      return new Promise((resolve) => {
        let cancel: Cancel = () => {}
        const end = (answer: ProbeAnswer) => {
          cancel()
          running = null
          resolve(answer)
        }
        running = { link, end }
        cancel = clock.after(PATIENCE_MS, () => end('no-answer'))
      })
    },
    handle({ link, probe }) {
      if (running?.link === link) running.end(probe)
    },
  }
}

/** What is answered to an order; `link` null: there is no such link. */
export async function obeyProbe(
  prober: LinkProber,
  link: LinkId | null,
  { bytesMax, durationMaxMs: durationMsMax }: MessageBody<'probeOrder'>,
): Promise<{ readonly kind: 'probeResult' } & MessageBody<'probeResult'>> {
  const limits = { bytesMax, durationMsMax }
  const answer = link === null ? 'no-link' : await prober.probe(link, limits)
  const isDone = typeof answer !== 'string'
  return {
    kind: 'probeResult',
    errorCode: isDone ? '' : answer,
    bytesPerSecond: isDone ? Math.round(answer.bytesPerSecond) : 0,
    isSaturated: isDone && answer.isSaturated,
    sentBytes: isDone ? answer.sentBytes : 0,
    durationMs: isDone ? Math.round(answer.durationMs) : 0,
  }
}
