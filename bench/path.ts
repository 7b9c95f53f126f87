// What is measured of one path between two namespaces, the same for every path and peer: TCP by
// iperf3, small frames by blast, round trips by ping, and what it costs the machine.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Measures } from './harness.ts'
import { machineCpuSeconds } from './machine.ts'
import type { Namespace } from './netns.ts'
import { percentile } from './stats.ts'
import { buildTool } from './tool.ts'
import { until } from './wait.ts'

export interface Path {
  readonly client: Namespace
  readonly server: Namespace
  /** IPv4 address of the server on this path. */
  readonly address: string
}

export interface PathTimes {
  /** iperf3 takes whole seconds. */
  readonly tcpSeconds: number
  readonly framesMs: number
  readonly idlePings: number
}

/** Payload of a frame of 64 bytes with its check sequence: 14 Ethernet, 20 IP, 8 UDP, 4 FCS. */
const UDP_PAYLOAD_BYTES_OF_64 = 18
const PING_INTERVAL_SECONDS = 0.002
const IPERF_PORT = 5201
const BLAST_PORT = 5301
/** A path that passes nothing for so long has broken down. */
const STALL_MS = 10_000

/** Starts iperf3's server in a namespace and waits until it listens. */
export async function startTrafficServer(namespace: Namespace): Promise<void> {
  await namespace.exec('iperf3', '--version').catch((cause) => {
    throw new Error('iperf3 does not run: apt-get install iperf3', { cause })
  })
  const args = ['-s', '-p', String(IPERF_PORT), '--rcv-timeout', String(STALL_MS)]
  namespace.spawn('iperf3', args, { stdio: 'ignore' })
  await until(async () => (await namespace.exec('ss', '-Hltn')).includes(`:${IPERF_PORT} `), {
    what: `iperf3 in ${namespace.name}`,
  })
}

/** Waits until the server answers a ping on this path. */
export async function waitForPath(path: Path, timeoutMs = 10_000): Promise<void> {
  await until(() => path.client.exec('ping', '-c', '1', '-W', '1', path.address), {
    what: `a path from ${path.client.name} to ${path.address}`,
    timeoutMs,
  })
}

/** One repeat of all measures on a path. */
export async function measurePath(path: Path, times: PathTimes): Promise<Measures> {
  await waitForPath(path)
  const idle = await ping(path, times.idlePings)
  const one = await tcp(path, { streams: 1, seconds: times.tcpSeconds })
  const four = await tcp(path, { streams: 4, seconds: times.tcpSeconds })
  const frames = await smallFrames(path, times.framesMs)
  return {
    tcp1GbitPerSecond: one.gbitPerSecond,
    tcp4GbitPerSecond: four.gbitPerSecond,
    cpuSecondsPerGB: one.cpuSecondsPerGB,
    frames64BPerSecond: frames,
    rttIdleP50Us: percentile(idle, 50),
    rttIdleP99Us: percentile(idle, 99),
    rttUnderLoadP50Us: percentile(one.rttUs, 50),
    rttUnderLoadP99Us: percentile(one.rttUs, 99),
  }
}

interface TcpFigures {
  readonly gbitPerSecond: number
  readonly cpuSecondsPerGB: number
  readonly rttUs: readonly number[]
}

/** iperf3 for whole seconds, with a ping beside it. */
async function tcp(
  path: Path,
  options: { readonly streams: number; readonly seconds: number },
): Promise<TcpFigures> {
  const cpuBefore = await machineCpuSeconds()
  const pings = sleep(200).then(() =>
    ping(path, Math.floor((options.seconds - 0.4) / PING_INTERVAL_SECONDS)),
  )
  pings.catch(() => {}) // awaited below, unless iperf3 fails first
  const text = await path.client.exec(
    ...(['timeout', String(options.seconds + STALL_MS / 1000)] as const),
    ...['iperf3', '-J', '-c', path.address, '-p', String(IPERF_PORT)],
    ...['-t', String(options.seconds), '-P', String(options.streams)],
  )
  const cpuSeconds = (await machineCpuSeconds()) - cpuBefore
  const { sum_received: received } = JSON.parse(text).end
  return {
    gbitPerSecond: received.bits_per_second / 1e9,
    cpuSecondsPerGB: cpuSeconds / (received.bytes / 1e9),
    rttUs: await pings,
  }
}

/** Round-trip times in microseconds; lost ones are left out. */
export async function ping(path: Path, count: number): Promise<number[]> {
  const text = await path.client.exec(
    ...(['ping', '-n', '-i', String(PING_INTERVAL_SECONDS), '-W', '1'] as const),
    ...['-c', String(count), path.address],
  )
  return Array.from(text.matchAll(/time=([\d.]+) ms/g), (match) => Number(match[1]) * 1000)
}

/** Delivered frames of 64 bytes a second, sent as fast as the client's kernel takes them. */
async function smallFrames(path: Path, durationMs: number): Promise<number> {
  const blast = await buildTool(new URL('./blast.c', import.meta.url))
  const receiver = path.server.spawn(blast, ['receive', String(BLAST_PORT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  receiver.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const isOver = new Promise<void>((resolve) => receiver.once('close', () => resolve()))
  await until(() => output.includes('ready'), { what: 'the frame counter', intervalMs: 10 })
  await path.client.exec(
    ...([blast, 'send', path.address, String(BLAST_PORT)] as const),
    ...[String(UDP_PAYLOAD_BYTES_OF_64), String(durationMs)],
  )
  await sleep(100) // what is under way arrives
  receiver.kill('SIGTERM')
  await isOver
  const { received, seconds } = JSON.parse(output.replace('ready\n', ''))
  return seconds > 0 ? received / seconds : 0
}
