// Lines that strangers cause are few, and none is lost without being counted.

import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import { createRationedWarn, LINES_PER_MINUTE } from '../../../src/daemon/rationed-log.ts'

test('some a minute are written, the rest is counted in the next one', () => {
  const clock = new VirtualClock()
  const { log, recent } = createLog({ level: 'info', format: 'json', console: -1 })
  const warn = createRationedWarn({ clock, log })
  const lines = () => recent(1_000).map((line) => JSON.parse(line))
  for (let i = 0; i < LINES_PER_MINUTE + 7; i++) warn({ code: 'x', i }, 'no')
  expect(lines().map((line) => line.i)).toEqual([...Array(LINES_PER_MINUTE).keys()])
  clock.advance(60_000)
  warn({ code: 'x' }, 'no')
  warn({ code: 'x' }, 'no')
  expect(lines().slice(LINES_PER_MINUTE)).toMatchObject([
    { code: 'x', msg: 'no', silenced: 7 },
    { code: 'x', msg: 'no' },
  ])
  expect(lines().at(-1)).not.toHaveProperty('silenced')
})
