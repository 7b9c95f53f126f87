// A proxy and what it would answer, as fixed values behind the real admin server: for tests of all
// that talks to the admin API. What is asked of it is recorded.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VnetError } from '../../src/base/errors.ts'
import { parseMac } from '../../src/base/mac.ts'
import type {
  AuditRow,
  Check,
  DropsRow,
  HostRow,
  MacRow,
  PairRow,
  RuleRow,
  Status,
  TokenRow,
} from '../../src/control/api.ts'
import type { AdminBackend } from '../../src/control/backend.ts'
import { startAdminServer } from '../../src/control/server.ts'
import type { PortId, PortInfo } from '../../src/plane/plane.ts'
import { fixedAdaptation } from './admin-adaptation.ts'
import { fixedInference } from './admin-inference.ts'
import { LINKS, MINUTE_MS, NOW_MS } from './admin-links.ts'
import { NETWORK } from './admin-network.ts'
import { fixedPlanning } from './admin-plan.ts'

const DAY_MS = 86_400_000

const vm1 = parseMac('52:54:00:00:00:01')
const vm3 = parseMac('52:54:00:00:00:03')
const vm5 = parseMac('52:54:00:00:00:05')

export const STATUS: Status = {
  role: 'proxy',
  name: 'hub',
  network: 'home',
  version: '0.1.0',
  pid: 4711,
  startedAtMs: NOW_MS - 125 * MINUTE_MS,
  listen: { address: '::', port: 7707 },
  star: 'not-applicable',
  ...{ hostsUp: 2, hostsKnown: 3 },
  ports: 1,
  fastPaths: 1,
  fastPathsByUdp: null,
  macs: 3,
  dropsTotal: 1_234,
  lostEvents: 0,
  certificate: { uri: 'vnet://home/proxy/hub', notAfterMs: NOW_MS + 89 * DAY_MS, warning: null },
  rssBytes: 83_400_000,
  cpuSeconds: 37.5,
}

const HOST: HostRow = {
  name: 'alpha',
  state: 'up',
  address: '192.0.2.11:41234',
  rttUs: 10_420,
  sinceMs: NOW_MS - 125 * MINUTE_MS,
  ports: 2,
  macs: 2,
  fastPaths: ['beta'],
  rxBytes: 1_530_000_000,
  txBytes: 22_100_000,
  drops: 0,
  version: 'vnet 0.1.0',
  certificateNotAfterMs: NOW_MS + 89 * DAY_MS,
}

export const HOSTS: readonly HostRow[] = [
  HOST,
  { ...HOST, name: 'beta', rttUs: 850, drops: 17, sinceMs: NOW_MS - 4_000, fastPaths: ['alpha'] },
  {
    name: 'gamma\u001b[31m',
    state: 'down',
    address: null,
    rttUs: null,
    sinceMs: NOW_MS - 3 * DAY_MS,
    ports: null,
    macs: 0,
    fastPaths: [],
    rxBytes: null,
    txBytes: null,
    drops: null,
    version: null,
    certificateNotAfterMs: NOW_MS - DAY_MS,
  },
]

export const PORTS: readonly PortInfo[] = [
  {
    id: 1 as PortId,
    name: 'lan',
    kind: 'pcap',
    device: 'eth0',
    mac: null,
    mtu: 1500,
    isOffloaded: false,
    state: 'up',
    loopWith: null,
    rxFrames: 1_204_332,
    rxBytes: 1_530_000_000,
    txFrames: 20_117,
    txBytes: 22_100_000,
    drops: { storm: 1_200, spoofed: 34 },
  },
  {
    id: 2 as PortId,
    name: 'vm9',
    kind: 'tap',
    device: 'vnet-vm9',
    mac: vm1,
    mtu: 9000,
    isOffloaded: true,
    state: 'blocked-loop',
    loopWith: 'lan',
    rxFrames: 12,
    rxBytes: 960,
    txFrames: 0,
    txBytes: 0,
    drops: {},
  },
]

const MAC: MacRow = {
  mac: vm1,
  where: 'host alpha',
  ageMs: 1_200,
  moves: 0,
  isDamped: false,
  pinnedTo: null,
}

export const MACS: readonly MacRow[] = [
  MAC,
  { ...MAC, mac: vm3, where: 'host beta', pinnedTo: 'beta', moves: 1 },
  { ...MAC, mac: vm5, where: 'port lan', ageMs: 65_000, moves: 6, isDamped: true },
]

export const RULES: readonly RuleRow[] = [
  {
    ...{ destination: vm3, source: vm1, target: 'host beta', origin: 'adapt' },
    ...{ frames: 9_120, bytes: 12_900_000 },
  },
  {
    ...{ destination: vm5, target: 'drop', origin: 'manual', isTransit: true },
    ...{ frames: 0, bytes: 0 },
  },
]

export const DROPS: readonly DropsRow[] = [
  { where: 'total', reason: 'storm', count: 1_200 },
  { where: 'total', reason: 'spoofed', count: 34 },
  { where: 'total', reason: 'too-big', count: 0 },
  { where: 'port lan', reason: 'storm', count: 1_200 },
]

const PAIR: PairRow = {
  source: vm1,
  destination: vm3,
  frames: 9_120,
  bytes: 12_900_000,
  droppedFrames: 0,
  bytesPerSecond: 0,
  framesPerSecond: 0,
}

export const PAIRS: readonly PairRow[] = [
  PAIR,
  {
    ...PAIR,
    source: vm3,
    destination: vm5,
    bytesPerSecond: 125_000_000,
    framesPerSecond: 82_000,
    droppedFrames: 12,
  },
  { ...PAIR, source: vm5, destination: vm3, bytesPerSecond: 400, framesPerSecond: 5.5 },
]

export const CHECKS: readonly Check[] = [
  { name: 'tun device', state: 'ok', found: '/dev/net/tun can be opened', advice: null },
  {
    name: 'port vm9',
    state: 'failed',
    found: 'its own frames come back by port lan',
    advice: 'vm9 and lan are bridged together: remove one of them',
  },
  { name: 'clock', state: 'skipped', found: 'no peer to compare with', advice: null },
]

export const TOKENS: readonly TokenRow[] = [
  {
    id: '5f3c2a9d01e4b7c6',
    createdAtMs: NOW_MS - 10 * MINUTE_MS,
    expiresAtMs: NOW_MS + 50 * MINUTE_MS,
    usesLeft: 1,
    name: null,
  },
]

export const AUDIT: readonly AuditRow[] = [
  { atMs: NOW_MS - MINUTE_MS, actor: 'host alpha', action: 'host-joined', detail: 'host alpha' },
]

export const LOG_LINES: readonly string[] = [
  JSON.stringify({ level: 30, time: NOW_MS, pid: 4711, msg: 'link up', peer: 'alpha' }),
  JSON.stringify({ level: 40, time: NOW_MS + 120, msg: 'storm', port: 'lan', text: 'a b' }),
]

/** A call of an act, as the daemon got it. */
export type Asked = readonly [act: string, ...details: unknown[]]

/** The proxy above; acts are recorded in `asked`, everything about host `ghost` is refused. */
export function fixedBackend(asked: Asked[], openCapture: () => number): AdminBackend {
  const note =
    <T>(act: string, answer: T) =>
    (...details: unknown[]): T => {
      asked.push([act, ...details])
      return answer
    }
  const known = (host: string) => {
    if (host !== 'ghost') return
    throw new VnetError('host-unknown', `there is no host '${host}'`, { hint: 'see vnet hosts' })
  }
  return {
    status: () => STATUS,
    hosts: () => HOSTS,
    ports: () => PORTS,
    links: () => LINKS,
    macs: () => MACS,
    rules: () => RULES,
    drops: () => DROPS,
    counters: () => PAIRS,
    doctor: async () => CHECKS,
    tokens: () => TOKENS,
    audit: note('audit', AUDIT),
    pins: () => [{ mac: vm3, host: 'beta' }],
    setRule: note('setRule', Promise.resolve()),
    removeRule: note('removeRule', Promise.resolve()),
    addLink: note('addLink', Promise.resolve({ orderId: 'o1', state: 'up', reason: '' } as const)),
    removeLink: note(
      'removeLink',
      Promise.resolve({ orderId: 'o2', state: 'failed', reason: 'no way' } as const),
    ),
    ping: async ({ host, sequence }) => {
      known(host)
      if (sequence === 2) throw new VnetError('request-timeout', 'no answer within 2000 ms')
      return { host, sequence, rttMs: sequence * 1.5, via: 'proxy' }
    },
    capture: (target, snapBytes) => {
      asked.push(['capture', target, snapBytes])
      return openCapture()
    },
    createToken: (request) => {
      asked.push(['createToken', request])
      const command = 'vnet join proxy.example.net:7707 vnet1.AbC'
      return { id: 't1', token: 'vnet1.AbC', expiresAtMs: NOW_MS + 60 * MINUTE_MS, command }
    },
    removeToken: note('removeToken', undefined),
    revoke: (host) => {
      known(host)
      asked.push(['revoke', host])
    },
    setPin: note('setPin', undefined),
    removePin: note('removePin', undefined),
    reload: note(
      'reload',
      Promise.resolve({ changed: ['log.level'], restartNeeded: ['workers'], failed: [] }),
    ),
    network: () => NETWORK,
    adaptation: fixedAdaptation((act, ...details) => asked.push([act, ...details])),
    inference: fixedInference((act, ...details) => asked.push([act, ...details])),
    planning: fixedPlanning((act, ...details) => asked.push([act, ...details])),
  }
}

export interface FixedDaemon {
  readonly socket: string
  readonly asked: Asked[]
  close(): Promise<void>
}

/** Serves the fixed proxy on a socket of its own. */
export async function startFixedDaemon(
  openCapture: () => number = () => {
    throw new VnetError('port-unknown', 'there is no such port')
  },
): Promise<FixedDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'vnet-admin-'))
  const socket = join(folder, 'hub.sock')
  const asked: Asked[] = []
  const failures: unknown[] = []
  const server = await startAdminServer({
    socket,
    backend: fixedBackend(asked, openCapture),
    logs: { recent: (lines) => LOG_LINES.slice(-lines), follow: () => () => {} },
    onError: (error) => failures.push(error),
  })
  return {
    socket,
    asked,
    close: async () => {
      await server.close()
      rmSync(folder, { recursive: true })
      if (failures.length > 0) throw failures[0]
    },
  }
}
