// A whole overlay in one process: a proxy and hosts on in-memory planes and one virtual clock, with
// real databases in a temporary folder. Joining is left out (the planes' certificates are made up).

import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { VirtualClock } from '../../src/base/clock.ts'
import { createLog, type LogHub } from '../../src/base/log.ts'
import { type MacAddress, macToBytes } from '../../src/base/mac.ts'
import { seededRandom } from '../../src/base/random.ts'
import { checkConfig } from '../../src/config/load.ts'
import type { HostConfig, ProxyConfig } from '../../src/config/schema.ts'
import type { ReloadResult } from '../../src/control/api.ts'
import { createHostDaemon, type HostDaemon } from '../../src/daemon/host.ts'
import { memoryCredentials } from '../../src/plane/memory-credentials.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../../src/plane/memory-network.ts'
import type { MemoryPlane } from '../../src/plane/memory-plane.ts'
import type { PlaneEvent, PortId } from '../../src/plane/plane.ts'
import { openInferenceStore } from '../../src/proxy/inference-store.ts'
import { openNetworkStore } from '../../src/proxy/network-store.ts'
import { createProxyDaemon, type ProxyDaemon } from '../../src/proxy/proxy.ts'
import { parseCertificate } from '../../src/trust/certificate.ts'
import type { LoadedIdentity } from '../../src/trust/identity.ts'
import { type DaemonRole, formatUri } from '../../src/trust/name.ts'
import { openProxyTrust } from '../../src/trust/proxy-trust.ts'

export const PROXY_ADDRESS = '10.0.0.1'
export const NETWORK = 'testnet'
const STEP_MS = 5
const TAP_PORT = 'ports: [{ name: p1, kind: tap, device: vn0 }]\n'

export interface TestHost {
  readonly name: string
  readonly address: string
  readonly daemon: HostDaemon
  readonly plane: MemoryPlane
  readonly log: LogHub
  /** Frames that its port `p1` put out. */
  readonly frames: Uint8Array[]
  /** Sends a frame into port `p1`. */
  send(frame: { readonly from: MacAddress; readonly to: MacAddress }): void
  /** Reloads with this in the place of the YAML that the host was started with. */
  reconfigure(yaml: string): Promise<ReloadResult>
}

export class Overlay {
  readonly clock = new VirtualClock({ wallMs: Date.now() })
  readonly network: MemoryNetwork
  readonly folder = mkdtempSync(join(tmpdir(), 'vnet-overlay-'))
  readonly hosts = new Map<string, TestHost>()
  readonly log = quietLog()
  #proxy: ProxyDaemon | null = null
  #seed = 1

  constructor() {
    this.network = createMemoryNetwork({ clock: this.clock, random: seededRandom(7) })
  }

  get proxy(): ProxyDaemon {
    if (this.#proxy === null) throw new Error('the proxy does not run')
    return this.#proxy
  }

  /** Without further YAML nothing adapts: links are those that a test adds. */
  async startProxy(yaml = 'adaptation: { level: off }\n'): Promise<ProxyDaemon> {
    const config = configOf(`name: hub\nnetwork: ${NETWORK}\n${yaml}`, 'proxy') as ProxyConfig
    const trust = await openProxyTrust({
      stateDir: this.folder,
      network: NETWORK,
      proxyName: 'hub',
      nowMs: this.clock.wallMs(),
    })
    this.#proxy = await createProxyDaemon({
      config,
      plane: this.network.createPlane({ role: 'proxy' }, { address: PROXY_ADDRESS }),
      clock: this.clock,
      random: seededRandom(this.#seed++),
      log: this.log.log,
      identity: identityOf('hub', 'proxy', trust.authority.certificatePem),
      trust,
      store: openNetworkStore(this.folder),
      inferenceStore: openInferenceStore(this.folder),
    })
    return this.#proxy
  }

  async stopProxy(): Promise<void> {
    await this.proxy.stop()
    this.#proxy = null
  }

  /** Starts a host that is known to the proxy; `listen` in the YAML lets others dial it. */
  async startHost(name: string, yaml = '', ports = TAP_PORT): Promise<TestHost> {
    const index = this.hosts.size + 1
    const known = this.hosts.get(name)
    const address = known?.address ?? `10.0.${Math.floor(index / 250)}.${(index % 250) + 2}`
    const ca = this.proxy.parts.trust.authority.certificatePem
    const identity = identityOf(name, 'host', ca)
    this.#register(name, identity)
    const head = `name: ${name}\nproxy: ${PROXY_ADDRESS}\n`
    let own = yaml
    const readConfig = () => configOf(`${head}${ports}${own}`, 'host') as HostConfig
    const config = readConfig()
    const plane = this.network.createPlane({ role: 'host' }, { address })
    const log = quietLog()
    const daemon = await createHostDaemon({
      config,
      plane,
      clock: this.clock,
      random: seededRandom(this.#seed++),
      log: log.log,
      identity,
      resolve: async (host) => [host],
      readConfig,
    })
    const reconfigure = (text: string) => {
      own = text
      return daemon.reload()
    }
    const host = { name, address, daemon, plane, log, reconfigure, ...watchPort(plane) }
    this.hosts.set(name, host)
    return host
  }

  host(name: string): TestHost {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  /** Lets time pass, and everything happen that waits for it. */
  async run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(STEP_MS, left))
      await nextTurn()
    }
  }

  /** Lets time pass until the condition holds. Returns how long. @throws after `limitMs`. */
  async until(condition: () => boolean, limitMs = 5_000): Promise<number> {
    const startMs = this.clock.monotonicMs()
    while (!condition()) {
      if (this.clock.monotonicMs() - startMs >= limitMs) throw new Error(`not within ${limitMs} ms`)
      await this.run(STEP_MS)
    }
    return this.clock.monotonicMs() - startMs
  }

  /** Awaits something that needs time to pass. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const settled = work.finally(() => {
      isDone = true
    })
    settled.catch(() => {})
    await this.until(() => isDone, 20_000)
    return settled
  }

  async close(): Promise<void> {
    for (const host of this.hosts.values()) await host.daemon.stop()
    if (this.#proxy !== null) await this.stopProxy()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #register(name: string, { certificate }: LoadedIdentity): void {
    const { store } = this.proxy.parts.trust
    if (store.host(name) !== null) return
    store.putHost({
      name,
      publicKeySha256: certificate.publicKeySha256,
      serial: '01',
      joinedAtMs: this.clock.wallMs(),
      certificateNotAfterMs: certificate.notAfterMs,
      isRevoked: false,
      lastAddress: null,
      lastSeenMs: null,
    })
  }
}

function watchPort(plane: MemoryPlane) {
  const frames: Uint8Array[] = []
  const handle = plane.onEvent
  plane.onEvent = (event: PlaneEvent) => {
    if (event.kind === 'frame') frames.push(event.frame)
    else handle(event)
  }
  const port = (plane.ports()[0]?.id ?? 0) as PortId
  const send = ({ from, to }: { readonly from: MacAddress; readonly to: MacAddress }) => {
    const frame = new Uint8Array(60)
    frame.set(macToBytes(to), 0)
    frame.set(macToBytes(from), 6)
    frame.set([0x88, 0xb5], 12)
    plane.inject(port, frame)
  }
  return { frames, send }
}

function identityOf(name: string, role: DaemonRole, caPem: string): LoadedIdentity {
  const who = { network: NETWORK, role, name }
  const uri = formatUri(who)
  const publicKeySha256 = Buffer.from(`${role} ${name}`.padEnd(32, '.').slice(0, 32)).toString(
    'hex',
  )
  const certificate = { ...parseCertificate(caPem), uri, identity: who, publicKeySha256 }
  return { who, certificate, credentials: memoryCredentials({ uri, publicKeySha256 }) }
}

function configOf(yaml: string, role: DaemonRole) {
  const check = checkConfig(yaml, role)
  if (check.ok) return check.config
  throw new Error(JSON.stringify(check.problems))
}

function quietLog(): LogHub {
  return createLog({ level: 'debug', format: 'json', console: openSync('/dev/null', 'w') })
}
