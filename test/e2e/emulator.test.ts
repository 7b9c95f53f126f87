// The emulator of WAN links tells the truth: delay, rate, loss and cuts are those asked for, as
// measured from outside with ping, iperf3 and counted packets between two namespaces.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSandbox, type Namespace, type Sandbox, until } from '../support/netns.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = join(ROOT, 'build/vnet-wan')
const LINK = 'west-east'
const DEVICE = 'wan0'
const WEST = '10.98.0.1'
const EAST = '10.98.0.2'
/** Nothing shaped: each test starts from here. */
const PLAIN = 'rate=0 delay=0 jitter=0 loss=0 burst=1 queue=0'
/** TCP payload of a frame of the largest size, with timestamps, and that frame. */
const SEGMENT_BYTES = 1_448
const SEGMENT_FRAME_BYTES = 1_514

const folder = mkdtempSync(join(tmpdir(), 'vnwan-'))
const socketPath = join(folder, 'wan.sock')
let sandbox: Sandbox
let west: Namespace
let east: Namespace
let inWest: ChildProcess
let inEast: ChildProcess
let emulator: ChildProcess
let socket: Socket
let ask: (line: string) => Promise<string>

beforeAll(async () => {
  execFileSync(join(ROOT, 'scripts/build-emulator'))
  sandbox = createSandbox('wan')
  west = await sandbox.addNamespace('west')
  east = await sandbox.addNamespace('east')
  const config = join(folder, 'wan.conf')
  writeFileSync(config, `# one link\n\nadd ${LINK} ${ends(DEVICE, DEVICE)}\n`)
  const words = ['--socket', socketPath, '--seed', '7', '--config', config, '--die-with-parent']
  emulator = spawn(PROGRAM, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (emulator.stdout !== null) await once(emulator.stdout, 'data')
  socket = connect(socketPath)
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  ask = async (line) => {
    socket.write(`${line}\n`)
    return String((await answers.next()).value)
  }
  await west.ip(`addr add ${WEST}/24 dev ${DEVICE}`)
  await east.ip(`addr add ${EAST}/24 dev ${DEVICE}`)
  inEast = east.spawn('iperf3', ['-s'], { stdio: 'ignore' })
  inWest = west.spawn('sleep', ['infinity'], { stdio: 'ignore' })
  await until(async () => (await east.exec('ss', '-ltn')).includes(':5201'))
})
afterAll(async () => {
  socket?.destroy()
  emulator?.kill('SIGTERM')
  await sandbox?.close()
  rmSync(folder, { recursive: true, force: true })
})

// Noise of a shared machine makes accuracy only worse: the best of three tries is the emulator's.
describe('delay', { retry: 2 }, () => {
  test.each([
    ['none', 'delay=0', 0],
    ['small', 'delay=2ms', 4],
    ['another each way', 'delay-ab=10ms delay-ba=30ms', 40],
    ['long, with a rate', 'delay=50ms rate=100mbit', 100],
  ])('%s', async (_, words, expectedMs) => {
    await shape(words)
    await ping(3, 10) // neighbours known, path warm
    const { medianMs } = await ping(40, 20)
    // Both ways; 5 % or 0.2 ms each.
    expect(Math.abs(medianMs - expectedMs)).toBeLessThan(Math.max(0.05 * expectedMs, 0.4))
  })

  test('jitter spreads it around its mean and keeps the order', async () => {
    await shape('delay=20ms jitter=5ms')
    const { timesMs, isOrdered } = await ping(300, 10)
    const meanMs = timesMs.reduce((sum, timeMs) => sum + timeMs, 0) / timesMs.length
    expect(Math.abs(meanMs - 40)).toBeLessThan(2)
    expect(Math.max(...timesMs) - Math.min(...timesMs)).toBeGreaterThan(8)
    expect(isOrdered).toBe(true)
  })
})

describe('rate', { retry: 2 }, () => {
  test.each([10, 200])('UDP faster than %d Mbit/s gets just that', async (rateMbit) => {
    // The queue is long, so that a sender that had to wait for the processor does not leave a gap.
    await shape(`rate=${rateMbit}mbit queue=300ms`)
    const dropped = (await stats()).ab.droppedPackets
    const load = iperf('-u', '-l', '1400', '-b', `${rateMbit * 1.5}M`, '-t', '5')
    await until(async () => (await stats()).ab.droppedPackets > dropped)
    const start = counted(inEast)
    await sleep(3_000)
    const end = counted(inEast)
    await load
    const gotMbit = ((end.rxBytes - start.rxBytes) * 8) / (end.atMs - start.atMs) / 1_000
    expect(errorShare(gotMbit, rateMbit)).toBeLessThan(0.03)
  })

  test('TCP fills it', async () => {
    await shape('rate=50mbit delay=5ms')
    const got = await iperf('-t', '6', '-O', '2')
    expect(errorShare((got * SEGMENT_FRAME_BYTES) / SEGMENT_BYTES, 50e6)).toBeLessThan(0.03)
  })

  test('the queue delays by its length at most', async () => {
    await shape('rate=20mbit queue=30ms')
    const load = iperf('-u', '-l', '1400', '-b', '30M', '-t', '4')
    await until(async () => (await stats()).ab.backlogMs > 25)
    const { medianMs } = await ping(50, 20)
    await load
    expect(medianMs).toBeGreaterThan(28)
    expect(medianMs).toBeLessThan(30.4)
  })
})

test.each([
  ['even', 0.05, 1],
  ['in bursts', 0.1, 4],
])('loss, %s', async (_, share, burst) => {
  await shape(`loss=${share * 100}% burst=${burst} loss-ba=0`)
  const lost = (await stats()).ab.lostPackets
  const before = { sent: counted(inWest).txPackets, got: counted(inEast).rxPackets }
  await iperf('-u', '-l', '100', '-k', '20000', '-b', '8M')
  const sent = counted(inWest).txPackets - before.sent
  const got = counted(inEast).rxPackets - before.got
  expect(sent).toBeGreaterThanOrEqual(20_000)
  // Four standard deviations; bursts of mean b vary as if there were fewer packets.
  const bound = 4 * Math.sqrt((share * (1 - share) * (2 * burst - 1)) / sent)
  expect(Math.abs(1 - got / sent - share)).toBeLessThan(bound)
  expect((await stats()).ab.lostPackets - lost).toBe(sent - got)
})

test('a cut is silent, and the link returns', async () => {
  await shape('delay=5ms')
  expect(await ask(`down ${LINK}`)).toBe('ok')
  expect(await west.ip(`link show ${DEVICE}`)).toContain('LOWER_UP')
  expect((await ping(5, 10)).timesMs).toEqual([])
  expect((await stats()).state).toBe('down')
  expect(await ask(`up ${LINK}`)).toBe('ok')
  expect((await ping(5, 10)).timesMs).toHaveLength(5)
})

test('an idle emulator costs next to nothing', async () => {
  await shape('delay=1ms')
  const before = cpuMs()
  await ping(10, 100) // a second, with twenty packets
  expect(cpuMs() - before).toBeLessThan(30)
})

describe('what cannot be is refused with a reason, and nothing breaks', () => {
  test.each([
    ['fly', "error 'fly': no such command"],
    ['set', 'error wanted: set LINK KEY=VALUE...'],
    ['set nobody rate=0', "error no link 'nobody'"],
    [`set ${LINK} loss=200%`, "error 'loss=200%': wanted a share from 0% to 100%"],
    [`set ${LINK} delay=1ms jitter=2ms`, 'error the jitter must not be larger'],
    ['add x a=/nowhere:p0 b=self:p1', "error cannot open network namespace '/nowhere'"],
    [`add ${LINK} a=self:p0 b=self:p1`, `error link '${LINK}' exists already`],
    ['stats nobody', "error no link 'nobody'"],
  ])('%s', async (line, answer) => {
    expect(await ask(line)).toContain(answer)
    expect((await stats()).state).toBe('up')
  })

  test('a device that exists, and then nothing stays half made', async () => {
    expect(await ask(`add x ${ends(DEVICE, 'p1')}`)).toContain(`error cannot make '${DEVICE}'`)
    expect(await ask(`add x ${ends('p0', DEVICE)}`)).toContain(`error cannot make '${DEVICE}'`)
    await until(async () => !(await west.ip('link show')).includes('p0'))
  })

  test('a line without an end', async () => {
    const other = connect(socketPath)
    other.on('error', () => {}) // a reset, as not all was read
    other.end(Buffer.alloc(100_000, 'x'))
    const [answer] = await once(other, 'data')
    expect(String(answer)).toContain('longer than')
  })

  test('a second emulator at the same socket, a bad file, a bad option', () => {
    expect(startFails('--socket', socketPath)).toContain('another program listens')
    const config = join(folder, 'bad.conf')
    const path = join(folder, 'bad.sock')
    writeFileSync(config, '# first\nadd x\n')
    expect(startFails('--socket', path, '--config', config)).toContain(`${config}:2: wanted both`)
    expect(existsSync(path)).toBe(false)
    expect(startFails('--socket', path, '--seed', '1.5')).toContain("'1.5' is no whole number")
  })
})

test('links come and go; a lost device breaks only its own', async () => {
  await shape('delay=0')
  expect(await ask(`add second ${ends('wan1', 'wan1')}`)).toBe('ok')
  expect(await ask('remove second')).toBe('ok')
  await until(async () => !(await west.ip('link show')).includes('wan1'))
  expect(await ask(`add second ${ends('wan1', 'wan1')}`)).toBe('ok')
  await east.ip('link del wan1')
  await until(async () => (await stats('second')).state === 'broken')
  expect(await ask('up second')).toContain('lost a device')
  expect(await ask('remove second')).toBe('ok')
  expect((await ping(3, 10)).timesMs).toHaveLength(3)
})

describe('its devices and its socket end with it', () => {
  const path = join(folder, 'other.sock')

  test('by a signal', async () => {
    const other = spawn(PROGRAM, ['--socket', path], { stdio: 'ignore' })
    await addOrphan(path)
    other.kill('SIGTERM')
    await expectNoOrphan(path)
    expect(other.exitCode).toBe(0)
  })

  test('when its parent dies', async () => {
    const words = `${PROGRAM} --socket ${path} --die-with-parent & wait`
    const shell = spawn('sh', ['-c', words], { stdio: 'ignore' })
    await addOrphan(path)
    shell.kill('SIGKILL')
    await expectNoOrphan(path)
  })
})

async function addOrphan(path: string): Promise<void> {
  await until(() => existsSync(path))
  const other = connect(path)
  other.end(`add x ${ends('orphan', 'orphan')}\n`)
  const [answer] = await once(other, 'data')
  expect(String(answer)).toBe('ok\n')
  expect(await west.ip('link show')).toContain('orphan')
}

async function expectNoOrphan(path: string): Promise<void> {
  await until(async () => !(await west.ip('link show')).includes('orphan'))
  await until(() => !existsSync(path))
}

function ends(westDevice: string, eastDevice: string): string {
  return `a=${west.path}:${westDevice} b=${east.path}:${eastDevice}`
}

async function shape(words: string): Promise<void> {
  expect(await ask(`set ${LINK} ${PLAIN}`)).toBe('ok')
  expect(await ask(`set ${LINK} ${words}`)).toBe('ok')
}

interface LinkStats {
  readonly state: string
  readonly ab: {
    readonly inPackets: number
    readonly lostPackets: number
    readonly droppedPackets: number
    readonly backlogMs: number
  }
}

async function stats(name = LINK): Promise<LinkStats> {
  const { links } = JSON.parse(await ask(`stats ${name}`)) as { links: [LinkStats] }
  return links[0]
}

/** What the program says as it refuses to start. */
function startFails(...words: readonly string[]): string {
  try {
    execFileSync(PROGRAM, words, { stdio: 'pipe', timeout: 5_000 })
  } catch (error) {
    return String((error as { readonly stderr: Buffer }).stderr)
  }
  return 'it started'
}

interface PingResult {
  readonly timesMs: readonly number[]
  readonly medianMs: number
  readonly isOrdered: boolean
}

async function ping(count: number, intervalMs: number): Promise<PingResult> {
  const words = ['-n', '-W', '1', '-c', `${count}`, '-i', `${intervalMs / 1_000}`, EAST]
  // A ping without any answer fails, with the same text.
  const text = await west.exec('sh', '-c', `ping ${words.join(' ')} || true`)
  const replies = [...text.matchAll(/icmp_seq=(\d+).* time=([\d.]+)/g)]
  const numbers = replies.map((reply) => Number(reply[1]))
  const timesMs = replies.map((reply) => Number(reply[2]))
  const sorted = [...timesMs].sort((x, y) => x - y)
  return {
    timesMs,
    medianMs: sorted[sorted.length >> 1] ?? Number.NaN,
    isOrdered: numbers.every((number, i) => number > (numbers[i - 1] ?? 0)),
  }
}

interface IperfReport {
  readonly end: { readonly sum_received: { readonly bits_per_second: number } }
}

/** Bits of payload a second that arrived. */
async function iperf(...words: readonly string[]): Promise<number> {
  const text = await west.exec('iperf3', '-c', EAST, '-J', ...words)
  return (JSON.parse(text) as IperfReport).end.sum_received.bits_per_second
}

/**
 * What the kernel counted at an end of the link, which also has what a busy receiver had no time
 * for. Read by way of a process inside the namespace: at once, without starting a program.
 */
function counted(inside: ChildProcess) {
  const text = readFileSync(`/proc/${inside.pid}/net/dev`, 'utf8')
  const atMs = performance.now()
  const line = text.split('\n').find((words) => words.trim().startsWith(`${DEVICE}:`)) ?? ''
  const numbers = line.trim().split(/\s+/).map(Number)
  const [, rxBytes = 0, rxPackets = 0] = numbers
  return { atMs, rxBytes, rxPackets, txPackets: numbers[10] ?? 0 }
}

/** How far `got` is from `wanted`, as a share of it. */
function errorShare(got: number, wanted: number): number {
  return Math.abs(got / wanted - 1)
}

/** CPU time of the emulator so far; the kernel counts in hundredths of a second. */
function cpuMs(): number {
  const text = readFileSync(`/proc/${emulator.pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
