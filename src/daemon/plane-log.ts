// Events of the plane that people should read of in the log: strangers, loops, ports going down.
// Strangers are many on an open port, so only some a minute are written and the rest counted.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { PlaneEvent } from '../plane/plane.ts'
import type { Ports } from './ports.ts'

const REFUSALS_LOGGED_PER_MINUTE = 20

export interface PlaneLog {
  handle(event: PlaneEvent): void
  /** Connections that never became a link, since the start. */
  refusedCount(): number
}

export function createPlaneLog(options: {
  readonly clock: Clock
  readonly log: Log
  readonly ports: Pick<Ports, 'nameOf'>
}): PlaneLog {
  const { clock, log, ports } = options
  let refused = 0
  let logged = 0
  let minuteStartMs = Number.NEGATIVE_INFINITY
  let silenced = 0

  function logRefused(remote: string, reason: string): void {
    refused += 1
    const nowMs = clock.monotonicMs()
    if (nowMs - minuteStartMs >= 60_000) {
      minuteStartMs = nowMs
      logged = 0
    }
    if (logged >= REFUSALS_LOGGED_PER_MINUTE) {
      silenced += 1
      return
    }
    logged += 1
    log.warn({ remote, silenced }, `connection refused: ${reason}`)
    silenced = 0
  }

  return {
    refusedCount: () => refused,
    handle(event) {
      switch (event.kind) {
        case 'refused':
          logRefused(event.remoteAddress, event.reason)
          break
        case 'port-loop': {
          const port = ports.nameOf(event.port)
          const other = event.other === null ? null : ports.nameOf(event.other)
          const ends = other === null ? `port '${port}' is` : `ports '${port}' and '${other}' are`
          const text = `${ends} bridged together outside: '${port}' is blocked`
          log.error({ port, other }, text)
          break
        }
        case 'port-state': {
          const level = event.state === 'up' ? 'info' : 'warn'
          const port = ports.nameOf(event.port)
          log[level]({ port, state: event.state }, `port ${event.state}: ${event.reason}`)
          break
        }
        case 'mac-flapping': {
          const { mac, moves } = event
          log.warn({ mac, moves }, `${mac} moves to and fro: is it in use twice?`)
          break
        }
        default:
          break // somebody else's
      }
    },
  }
}
