// A measured network as the fixed proxy tells it: known, unsure, asked for little, and refused.

import type { PathMeasure } from '../../src/adapt/types.ts'
import type { NetworkView } from '../../src/control/network.ts'
import { NOW_MS } from './admin-links.ts'

function path(from: string, to: string, more: Partial<PathMeasure>): PathMeasure {
  const role = from === 'proxy' || to === 'proxy' ? 'star' : 'fast-path'
  return {
    ...{ from, to, role, rttMs: 12.4, jitterMs: 0.3, lossRatio: 0, queueMs: 0 },
    ...{ bytesPerSecond: 11_700_000, isSaturated: true, loadBytesPerSecond: 0 },
    ...{ atMs: NOW_MS - 1_000, rateAtMs: NOW_MS - 90_000, confidence: 0.9 },
    ...more,
  }
}

export const NETWORK: NetworkView = {
  atMs: NOW_MS,
  proxy: 'proxy',
  hosts: ['alpha', 'beta', 'gamma'],
  paths: [
    path('alpha', 'proxy', { loadBytesPerSecond: 4_000_000, queueMs: 5 }),
    path('proxy', 'alpha', { isSaturated: false, bytesPerSecond: 2_000_000, confidence: 0.3 }),
    path('beta', 'proxy', { rateAtMs: NOW_MS - 1_500_000, confidence: 0.18 }),
    path('proxy', 'beta', { bytesPerSecond: null, rateAtMs: null, confidence: 0 }),
    path('alpha', 'beta', { rttMs: 0.24, bytesPerSecond: 118_000_000, lossRatio: 0.0003 }),
    path('beta', 'alpha', { rttMs: 0.24, lossRatio: 0.021, jitterMs: 0.01 }),
    path('gamma', 'proxy', { rttMs: null, jitterMs: null, lossRatio: null, bytesPerSecond: null }),
  ],
  access: [
    { name: 'proxy', sendBytesPerSecond: 125_000_000, receiveBytesPerSecond: null },
    { name: 'alpha', sendBytesPerSecond: null, receiveBytesPerSecond: null },
  ],
  reachability: [
    { a: 'alpha', b: 'gamma', isReachable: false, reason: 'connection refused', atMs: NOW_MS },
    { a: 'alpha', b: 'beta', isReachable: true, reason: '', atMs: NOW_MS },
  ],
}
