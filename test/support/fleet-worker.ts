// Many host daemons in one process: each with its own native plane, identity and star link, as the
// program `vnet host` makes them, without the cost of a process each. Counts the control messages
// of all. Steered over the process channel by fleet.ts.

import { mkdirSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { serveRequests } from '../../bench/channel.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { type MacAddress, macToBytes, parseMac } from '../../src/base/mac.ts'
import { systemRandom } from '../../src/base/random.ts'
import { checkConfig } from '../../src/config/load.ts'
import type { HostConfig } from '../../src/config/schema.ts'
import { createHostDaemon, type HostDaemon } from '../../src/daemon/host.ts'
import { createNativePlane, type NativePlaneHandle } from '../../src/native/native-plane.ts'
import type { LoadedIdentity } from '../../src/trust/identity.ts'
import { join } from '../../src/trust/join-client.ts'

export type FleetRequest =
  | {
      readonly kind: 'start'
      readonly folder: string
      readonly proxy: { readonly address: string; readonly port: number }
      /** Good for all of them. */
      readonly token: string
      readonly names: readonly string[]
      /** Each host listens at this one plus its index; null: none listens. */
      readonly firstPort: number | null
    }
  | { readonly kind: 'state' }

export interface FleetState {
  readonly hostsUp: number
  /** Sent and received by all hosts since the start, by host. */
  readonly messages: Readonly<Record<string, number>>
}

interface Member {
  readonly name: string
  readonly daemon: HostDaemon
  messages: number
}

const members: Member[] = []

serveRequests<FleetRequest>(async (request) =>
  request.kind === 'state' ? state() : startAll(request),
)

async function startAll(request: Extract<FleetRequest, { kind: 'start' }>): Promise<void> {
  const { folder, proxy, token, names, firstPort } = request
  mkdirSync(folder, { recursive: true })
  for (const [index, name] of names.entries()) {
    const stateDir = joinPath(folder, name)
    const { identity } = await join({ ...proxy, token, name, stateDir, clock: systemClock() })
    const port = firstPort === null ? null : firstPort + index
    const member = await start({ name, index, stateDir, identity, proxy, port })
    members.push(member)
  }
}

function state(): FleetState {
  const up = members.filter(({ daemon }) => daemon.admin.status().star === 'up')
  const messages = Object.fromEntries(members.map((member) => [member.name, member.messages]))
  return { hostsUp: up.length, messages }
}

async function start(options: {
  readonly name: string
  readonly index: number
  readonly stateDir: string
  readonly identity: LoadedIdentity
  readonly proxy: { readonly address: string; readonly port: number }
  readonly port: number | null
}): Promise<Member> {
  const { name, index, identity, proxy, port } = options
  const plane = createNativePlane({ role: 'host', workers: 1 })
  const daemon = await createHostDaemon({
    config: configOf({
      name,
      state: options.stateDir,
      proxy: `${proxy.address}:${proxy.port}`,
      ...(port === null
        ? {}
        : { listen: { address: proxy.address, port }, advertise: [`${proxy.address}:${port}`] }),
    }),
    plane,
    clock: systemClock(),
    random: systemRandom(),
    log: createLog({ level: 'error', format: 'json' }).log,
    identity,
    resolve: async (host) => [host],
  })
  const member = { name, daemon, messages: 0 }
  countMessages(plane, member)
  speakUp(plane, parseMac(`02:00:00:01:00:${index.toString(16).padStart(2, '0')}`))
  return member
}

function configOf(settings: object): HostConfig {
  const check = checkConfig(JSON.stringify(settings), 'host') // JSON is YAML
  if (check.ok) return check.config as HostConfig
  throw new Error(JSON.stringify(check.problems))
}

function countMessages(plane: NativePlaneHandle, member: Member): void {
  const send = plane.sendControl.bind(plane)
  plane.sendControl = (link, message) => {
    member.messages += 1
    return send(link, message)
  }
  const handle = plane.onEvent
  plane.onEvent = (event) => {
    if (event.kind === 'control') member.messages += 1
    handle(event)
  }
}

/** A guest that is heard once, so that the host has a MAC address to announce. */
function speakUp(plane: NativePlaneHandle, mac: MacAddress): void {
  const { id } = plane.addPort({ kind: 'memory', name: 'guest' })
  const frame = new Uint8Array(60)
  frame.fill(0xff, 0, 6)
  frame.set(macToBytes(mac), 6)
  frame.set([0x88, 0xb5], 12)
  plane.inject(id, frame)
}
