// Client of the WAN emulator (native/emulator, built as build/vnet-wan): starts it, and speaks its
// protocol, one line each way over a unix socket. The emulator outlives the command that started
// it.

import { existsSync } from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { VnetError } from '../base/errors.ts'
import type { EmulatedLink } from './plan.ts'
import { isAlive, type ProcessMark, startDetached } from './run.ts'
import { waitFor } from './wait.ts'

const PROGRAM = fileURLToPath(new URL('../../build/vnet-wan', import.meta.url))
const START_TIMEOUT_MS = 5_000

/** Changes to a running link; what is left out stays. Delay and jitter in ms, rate in bit/s. */
export interface LinkChange {
  readonly rate?: number
  readonly delay?: number
  readonly jitter?: number
  readonly loss?: number
}

export interface Emulator {
  add(link: EmulatedLink): Promise<void>
  set(link: string, change: LinkChange): Promise<void>
  /** Cut: everything is lost until `up`, without the devices noticing. */
  down(link: string): Promise<void>
  up(link: string): Promise<void>
  /** Counters of all links, as the emulator prints them. */
  stats(): Promise<unknown>
  close(): void
}

/**
 * Starts the emulator as a process that stays, inside a namespace of the lab: whoever clears the
 * lab's namespaces finds it, whatever else was lost.
 * @throws VnetError `emulator-missing`, `emulator-start`.
 */
export async function startEmulator(options: {
  readonly namespace: string
  readonly socket: string
  readonly logFile: string
}): Promise<ProcessMark> {
  if (!existsSync(PROGRAM)) {
    throw new VnetError('emulator-missing', 'the WAN emulator is not built', { hint: 'make setup' })
  }
  const { namespace, socket, logFile } = options
  const mark = startDetached(namespace, [PROGRAM, '--socket', socket], logFile)
  const died = new VnetError('emulator-start', `the WAN emulator did not start; see ${logFile}`)
  await waitFor('the WAN emulator', () => existsSync(socket) || undefined, {
    timeoutMs: START_TIMEOUT_MS,
    giveUp: () => (isAlive(mark) ? undefined : died),
  })
  return mark
}

/** Connects to a running emulator. @throws VnetError `emulator-gone`. */
export async function connectEmulator(socket: string): Promise<Emulator> {
  const connection = net.connect(socket)
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', resolve)
    connection.once('error', (cause) =>
      reject(new VnetError('emulator-gone', 'the WAN emulator does not answer', { cause })),
    )
  })
  connection.on('error', () => connection.destroy())
  const answers = createInterface({ input: connection })[Symbol.asyncIterator]()
  const ask = async (line: string): Promise<string> => {
    connection.write(`${line}\n`)
    const { value, done } = await answers.next()
    if (done) throw new VnetError('emulator-gone', 'the WAN emulator ended')
    if (value.startsWith('error ')) throw new VnetError('emulator', `${line}: ${value.slice(6)}`)
    return value
  }
  const tell = async (line: string) => {
    await ask(line)
  }
  return {
    add: (link) =>
      tell(`add ${link.name} ${endText('a', link)} ${endText('b', link)}${shape(link)}`),
    set: (link, change) => tell(`set ${link}${changeText(change)}`),
    down: (link) => tell(`down ${link}`),
    up: (link) => tell(`up ${link}`),
    stats: async () => JSON.parse(await ask('stats')),
    close: () => connection.end(),
  }
}

function endText(side: 'a' | 'b', link: EmulatedLink): string {
  return `${side}=/run/netns/${link[side].namespace}:${link[side].device}`
}

function shape({ shape }: EmulatedLink): string {
  const rate = shape.rate === undefined ? {} : { rate: shape.rate }
  const { delay, jitter, loss } = shape
  const burst = shape.burst > 1 ? ` burst=${shape.burst}` : ''
  return `${changeText({ ...rate, delay, jitter, loss })} queue=${shape.queue}ms${burst}`
}

function changeText(change: LinkChange): string {
  const parts = [
    change.rate === undefined ? '' : ` rate=${change.rate}bit`,
    change.delay === undefined ? '' : ` delay=${change.delay}ms`,
    change.jitter === undefined ? '' : ` jitter=${change.jitter}ms`,
    change.loss === undefined ? '' : ` loss=${change.loss * 100}%`,
  ]
  return parts.join('')
}
