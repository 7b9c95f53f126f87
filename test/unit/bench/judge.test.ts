// Checks out of figures: against a bound, another case, or the best peer of a kind.

import { expect, test } from 'vitest'
import { checkFigure, checkRatio, checkRivals, isRival } from '../../../bench/judge.ts'
import type { Figures } from '../../../bench/path-bench.ts'
import { PEERS } from '../../../bench/peers/list.ts'

const TCP: Readonly<Record<string, number>> = {
  direct: 6,
  'plain-tap': 8,
  'softether-1': 1.2,
  'openvpn-udp': 0.6,
  'softether-1-relayed': 0.9,
  vxlan: 30,
  'wireguard-go': 2,
}

const SAMPLES: Readonly<Record<string, readonly number[]>> = {
  direct: [5, 6, 9],
  'plain-tap': [10, 8, 6],
  'softether-1': [1.2],
}

function figuresOf(why?: string): Figures {
  return {
    median: (name, measure) => (measure === 'tcp' ? (TCP[name] ?? null) : null),
    samples: (name) => SAMPLES[name] ?? [],
    finish: {},
    peers: PEERS.filter(({ name }) => name in TCP),
    why,
  }
}

const direct = { of: 'direct', measure: 'tcp' }

test('a figure against a bound, and why there is none', () => {
  const row = { ...direct, name: 'fast', unit: 'Gbit/s', op: '>=', target: 5 } as const
  expect(checkFigure(figuresOf(), row)).toMatchObject({ value: 6, ok: true })
  const missing = { ...row, of: 'star' }
  expect(checkFigure(figuresOf(), missing)).toMatchObject({ ok: null, why: 'no star' })
  expect(checkFigure(figuresOf('it broke'), missing)).toMatchObject({ why: 'it broke' })
})

test('a ratio names what it is to: the first case that was measured', () => {
  const row = { ...direct, name: 'toPlain', op: '>=', target: 0.7 } as const
  const to = ['direct-plain', 'plain-tap']
  expect(checkRatio(figuresOf(), { ...row, to })).toMatchObject({
    ...{ value: 0.75, unit: 'x', against: 'plain-tap', ok: true },
  })
  expect(checkRatio(figuresOf(), { ...row, to: ['star'] })).toMatchObject({ ok: null })
})

test('the range of a ratio is that of the repeats, where both have as many', () => {
  const row = { ...direct, name: 'toPlain', op: '>=', target: 0.7 } as const
  expect(checkRatio(figuresOf(), { ...row, to: ['plain-tap'] }).range).toEqual([0.5, 1.5])
  expect(checkRatio(figuresOf(), { ...row, to: ['softether-1'] }).range).toBeUndefined()
})

test('only peers that do the same are rivals: encrypted frames on the same kind of path', () => {
  const row = { ...direct, name: 'toPeer', op: '>=', target: 5, kind: 'L2 peer' } as const
  const rivals = { ...row, isRival: (peer: (typeof PEERS)[number]) => isRival(peer, 'direct') }
  expect(checkRivals(figuresOf(), { ...rivals, best: 'highest' })).toMatchObject({
    ...{ value: 5, against: 'softether-1', ok: true },
  })
  expect(checkRivals(figuresOf(), { ...rivals, best: 'lowest' })).toMatchObject({
    ...{ value: 10, against: 'openvpn-udp' },
  })
  const none = { ...rivals, isRival: () => false, best: 'highest' } as const
  expect(checkRivals(figuresOf(), none)).toMatchObject({
    ok: null,
    why: 'no direct or no L2 peer measured',
  })
})
