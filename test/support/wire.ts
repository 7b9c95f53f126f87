// What a receiver without offloads sees, and senders with offloads, for end-to-end tests: starts
// judge.c, craft.c and bare.c (built on first use) in namespaces and gives their findings.

import { once } from 'node:events'
import { buildTool } from '../../bench/tool.ts'
import type { Place } from './frames.ts'
import { type Namespace, until } from './netns.ts'

/** Frames that came in at a device; see judge.c. */
export interface Judgement {
  readonly frames: number
  /** Bytes of the longest, without a VLAN tag. */
  readonly longest: number
  readonly tooLong: number
  readonly fragments: number
  readonly tcp: number
  readonly udp: number
  readonly badIp: number
  readonly badTcp: number
  readonly badUdp: number
  /** The kernel says that their checksum is open. */
  readonly unready: number
  /** TCP with a VLAN tag, and how much of their payload is as it was sent, and is not. */
  readonly tagged: number
  readonly taggedBytes: number
  readonly taggedWrong: number
  /** Not seen by the judge, which is then of no use. */
  readonly lost: number
}

/** What must be in every judgement where no offload was agreed on. */
export const CLEAN = {
  ...{ tooLong: 0, badIp: 0, badTcp: 0, badUdp: 0, unready: 0, taggedWrong: 0, lost: 0 },
} satisfies Partial<Judgement>

export interface CraftOptions {
  readonly device: string
  readonly dst: string
  readonly family: 4 | 6
  /** Payload of TCP. */
  readonly bytes: number
  readonly vlan?: number
}

/** Judges what comes in at a device from now on, until it is told to stop. */
export async function startJudge(
  place: Place,
  options: { readonly device: string; readonly frameBytesMax: number },
): Promise<{ stop(): Promise<Judgement> }> {
  const program = await buildTool(new URL('./judge.c', import.meta.url))
  const words = [options.device, `max=${options.frameBytesMax}`]
  const child = place.spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  await until(() => text.startsWith('ready\n'), { what: 'a judge', intervalMs: 5 })
  return {
    async stop() {
      const isClosed = once(child, 'close')
      child.stdin?.end()
      await isClosed
      return JSON.parse(text.replace('ready\n', ''))
    },
  }
}

/** Datagrams that leave the sender as one super-frame, and their echoes. */
export async function echoDatagrams(
  place: Place,
  options: {
    readonly host: string
    readonly port: number
    readonly segment: number
    readonly bytes: number
  },
): Promise<{ readonly sent: number; readonly answered: number }> {
  const { host, port, segment, bytes } = options
  const words = ['datagrams', host, `${port}`, `segment=${segment}`, `bytes=${bytes}`]
  return JSON.parse(await craft(place, words))
}

/** One TCP super-frame out of a device. */
export async function sendSuperFrame(
  place: Place,
  { device, ...rest }: CraftOptions & { readonly segment: number },
): Promise<void> {
  await craft(place, ['super', device, ...Object.entries(rest).map((pair) => pair.join('='))])
}

/** One plain TCP frame out of a device, with a wrong bit where asked for. */
export async function sendSpoilt(
  place: Place,
  { device, ...rest }: CraftOptions & { readonly fault: 'none' | 'ip' | 'tcp' },
): Promise<void> {
  await craft(place, ['spoilt', device, ...Object.entries(rest).map((pair) => pair.join('='))])
}

/** From here on the kernel completes what goes out of the device. */
export async function makeBare(namespace: Namespace, device: string): Promise<void> {
  await namespace.exec(await buildTool(new URL('./bare.c', import.meta.url)), device)
}

async function craft(place: Place, words: readonly string[]): Promise<string> {
  const program = await buildTool(new URL('./craft.c', import.meta.url))
  const child = place.spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`craft ${words.join(' ')}: status ${code}`)
  return text
}
