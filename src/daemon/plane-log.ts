// Events of the plane that people should read of in the log: strangers, loops, ports going down.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { PlaneEvent } from '../plane/plane.ts'
import type { Ports } from './ports.ts'
import { createRationedWarn } from './rationed-log.ts'

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
  const { log, ports } = options
  const warnOfStranger = createRationedWarn(options)
  let refused = 0

  return {
    refusedCount: () => refused,
    handle(event) {
      switch (event.kind) {
        case 'refused':
          refused += 1
          warnOfStranger(
            { remote: event.remoteAddress, code: event.code },
            `connection refused: ${event.reason}`,
          )
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
