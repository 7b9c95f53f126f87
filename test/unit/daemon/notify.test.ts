// What systemd is told, and when the watchdog does not beat.

import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createNotifier } from '../../../src/daemon/notify.ts'

function make(watchdogUsec: string | undefined) {
  const clock = new VirtualClock()
  const sent: string[] = []
  const send = (state: string) => sent.push(state) > 0
  return {
    clock,
    sent,
    notifier: createNotifier({ send, clock, monotonicUsec: () => 5n, watchdogUsec }),
  }
}

describe('createNotifier', () => {
  test('states', () => {
    const { sent, notifier } = make(undefined)
    notifier.ready('all well')
    notifier.reloading()
    notifier.stopping()
    expect(sent).toEqual([
      'READY=1\nSTATUS=all well',
      'RELOADING=1\nMONOTONIC_USEC=5',
      'STOPPING=1',
    ])
  })

  test('beats thrice a period while the daemon is alive', () => {
    const { clock, sent, notifier } = make('3000000')
    let isAlive = true
    const cancel = notifier.watch(() => isAlive)
    clock.advance(3_000)
    expect(sent).toHaveLength(3)
    isAlive = false
    clock.advance(3_000)
    expect(sent).toHaveLength(3)
    isAlive = true
    cancel()
    clock.advance(3_000)
    expect(sent).toHaveLength(3)
  })

  test.each([undefined, '', '0', 'x'])('no watchdog: %j', (usec) => {
    const { clock, sent, notifier } = make(usec)
    notifier.watch(() => true)
    clock.advance(100_000)
    expect(sent).toEqual([])
  })
})
