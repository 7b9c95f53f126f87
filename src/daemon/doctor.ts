// What may be wrong with the machine, the state folder or the way to the proxy: checks that need no
// running daemon. Each says what was found and what to do. `vnet doctor` runs them alone, or the
// daemon adds its own (doctor-running.ts).

import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { type DetailedPeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Check } from '../control/api.ts'
import { validityAt } from '../trust/certificate.ts'
import {
  authorityFingerprint,
  expiryWarning,
  type LoadedIdentity,
  loadIdentity,
  readIdentityFiles,
} from '../trust/identity.ts'

const CONNECT_TIMEOUT_MS = 3_000
/** Key, certificate, database and log lines of some days. */
const STATE_FREE_BYTES_MIN = 50 * 1_048_576
/** A link of 1 Gbit/s and 30 ms holds this much in flight. */
const TCP_BUFFER_BYTES_MIN = 4 * 1_048_576

export const ok = (name: string, found: string): Check => ({
  name,
  state: 'ok',
  found,
  advice: null,
})
export const warning = (name: string, found: string, advice: string): Check => ({
  name,
  state: 'warning',
  found,
  advice,
})
export const failed = (name: string, found: string, advice: string): Check => ({
  name,
  state: 'failed',
  found,
  advice,
})
export const skipped = (name: string, found: string): Check => ({
  name,
  state: 'skipped',
  found,
  advice: null,
})

export interface MachineDoctorOptions {
  readonly stateDir: string
  /** Of a host; null: the proxy itself. */
  readonly proxy: { readonly host: string; readonly port: number } | null
  /** Wall clock. */
  readonly nowMs: number
}

/** All checks that need no daemon. Never throws. */
export async function checkMachine(options: MachineDoctorOptions): Promise<readonly Check[]> {
  return [
    checkTun(),
    ...checkCapabilities(readText('/proc/self/status')),
    checkState(options.stateDir),
    checkIdentityFiles(options.stateDir, options.nowMs),
    ...checkKernel(),
    ...(options.proxy === null ? [] : await checkProxy(options.proxy, options.stateDir)),
  ]
}

/** The TAP devices' origin. */
export function checkTun(path = '/dev/net/tun'): Check {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return ok('tun device', `${path} can be opened`)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') {
      const advice = `load it: modprobe tun (in a container: pass the device ${path} in)`
      return failed('tun device', `${path} does not exist`, advice)
    }
    return failed('tun device', messageOf(error), 'run as root or with CAP_NET_ADMIN')
  }
}

const CAPABILITIES = [
  { bit: 12, name: 'CAP_NET_ADMIN', use: 'TAP devices', isNeeded: true },
  { bit: 13, name: 'CAP_NET_RAW', use: 'pcap ports', isNeeded: true },
  { bit: 23, name: 'CAP_SYS_NICE', use: 'steady latency of the data plane', isNeeded: false },
] as const

/** `statusText`: /proc/PID/status of the process in question. Pure. */
export function checkCapabilities(statusText: string): readonly Check[] {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(statusText)?.[1]
  if (hex === undefined) return [skipped('capabilities', 'the kernel does not tell them')]
  const effective = BigInt(`0x${hex}`)
  return CAPABILITIES.map(({ bit, name, use, isNeeded }) => {
    const check = `capability ${name}`
    if ((effective >> BigInt(bit)) & 1n) return ok(check, 'granted')
    const found = `missing: no ${use}`
    const advice = `run as root, or give it: AmbientCapabilities=${name} in the systemd unit`
    return isNeeded ? failed(check, found, advice) : warning(check, found, advice)
  })
}

/** The state folder: only for its owner, and with room. */
export function checkState(stateDir: string): Check {
  try {
    const status = statSync(stateDir)
    const mode = (status.mode & 0o777).toString(8)
    if ((status.mode & 0o077) !== 0) {
      return failed('state folder', `${stateDir} has mode ${mode}`, `chmod 700 ${stateDir}`)
    }
    accessSync(stateDir, constants.R_OK | constants.W_OK | constants.X_OK)
    const space = statfsSync(stateDir)
    const freeBytes = space.bavail * space.bsize
    const free = `${Math.floor(freeBytes / 1_048_576)} MiB free`
    if (freeBytes < STATE_FREE_BYTES_MIN) {
      return warning('state folder', `${stateDir}: ${free}`, 'make room on this file system')
    }
    return ok('state folder', `${stateDir}, mode ${mode}, ${free}`)
  } catch (error) {
    const advice = 'run as the user of the daemon; a host makes the folder when it joins'
    return failed('state folder', messageOf(error), advice)
  }
}

/** The certificate on disk. */
export function checkIdentityFiles(stateDir: string, nowMs: number): Check {
  try {
    return checkCertificate(loadIdentity(stateDir), nowMs)
  } catch (error) {
    const hint = error instanceof VnetError ? error.hint : undefined
    return failed('certificate', messageOf(error), hint ?? 'join again with a new token')
  }
}

/** Is the certificate valid now, and for long enough? */
export function checkCertificate(identity: LoadedIdentity, nowMs: number): Check {
  const { certificate } = identity
  const until = new Date(certificate.notAfterMs).toISOString()
  const validity = validityAt(certificate, nowMs)
  if (validity === 'not-yet-valid') {
    const from = new Date(certificate.notBeforeMs).toISOString()
    return failed('certificate', `valid only from ${from}`, "set this machine's clock")
  }
  if (validity === 'expired') {
    return failed('certificate', `expired at ${until}`, 'join again: vnet join HOST:PORT TOKEN')
  }
  const warn = expiryWarning(certificate, nowMs)
  const found = `${certificate.uri}, valid until ${until}`
  if (warn === null) return ok('certificate', found)
  return warning(
    'certificate',
    warn.message,
    'renewal needs the star link; see the log for why not',
  )
}

/** Kernel settings that cost throughput. */
export function checkKernel(): readonly Check[] {
  const read = (name: string) => readText(`/proc/sys/net/${name}`).trim()
  const congestion = read('ipv4/tcp_congestion_control')
  const available = read('ipv4/tcp_available_congestion_control')
  const bbr = available.includes('bbr') ? 'sysctl' : 'modprobe tcp_bbr; sysctl'
  const control =
    congestion === ''
      ? skipped('tcp congestion control', 'the kernel does not tell it')
      : congestion === 'reno'
        ? warning(
            'tcp congestion control',
            'reno is slow on long paths',
            `${bbr} -w net.ipv4.tcp_congestion_control=bbr`,
          )
        : ok('tcp congestion control', congestion)
  return [control, checkBuffer('tcp_wmem'), checkBuffer('tcp_rmem')]

  function checkBuffer(name: 'tcp_wmem' | 'tcp_rmem'): Check {
    const what = name === 'tcp_wmem' ? 'tcp send buffer' : 'tcp receive buffer'
    const parts = read(`ipv4/${name}`).split(/\s+/)
    const maxBytes = Number(parts[2])
    if (!(maxBytes > 0)) return skipped(what, 'the kernel does not tell it')
    const found = `at most ${Math.floor(maxBytes / 1_024)} KiB`
    if (maxBytes >= TCP_BUFFER_BYTES_MIN) return ok(what, found)
    const wanted = `${parts[0]} ${parts[1]} ${TCP_BUFFER_BYTES_MIN}`
    return warning(
      what,
      `${found}: limits long fast paths`,
      `sysctl -w net.ipv4.${name}="${wanted}"`,
    )
  }
}

/** Can the proxy be reached, and is it the right one? TCP first, then TLS. */
export async function checkProxy(
  proxy: { readonly host: string; readonly port: number },
  stateDir: string,
): Promise<readonly Check[]> {
  const where = `${proxy.host}:${proxy.port}`
  const tcp = await checkTcp(proxy)
  if (tcp !== null) {
    const advice = 'check the address, the proxy and the firewalls on the way (outgoing TCP)'
    return [
      failed('proxy reachable', `${where}: ${tcp}`, advice),
      skipped('proxy TLS', 'the proxy cannot be reached'),
    ]
  }
  return [ok('proxy reachable', `TCP connection to ${where}`), await checkTls(proxy, stateDir)]
}

function checkTcp(proxy: { readonly host: string; readonly port: number }): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ ...proxy, timeout: CONNECT_TIMEOUT_MS })
    const finish = (result: string | null) => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => finish(null))
    socket.on('timeout', () => finish(`no answer within ${CONNECT_TIMEOUT_MS} ms`))
    socket.on('error', (error) => finish(messageOf(error)))
  })
}

function checkTls(
  proxy: { readonly host: string; readonly port: number },
  stateDir: string,
): Promise<Check> {
  const advice = "is it a VNET proxy's port? middleboxes that open TLS cannot be on the way"
  return new Promise((resolve) => {
    const socket = tlsConnect({
      ...proxy,
      timeout: CONNECT_TIMEOUT_MS,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['vnet-join'],
      rejectUnauthorized: false, // the chain is compared with our own CA below
    })
    const finish = (check: Check) => {
      socket.destroy()
      resolve(check)
    }
    socket.on('secureConnect', () => finish(judgeTls(socket, stateDir)))
    socket.on('timeout', () => finish(failed('proxy TLS', 'no TLS answer in time', advice)))
    socket.on('error', (error) => finish(failed('proxy TLS', messageOf(error), advice)))
  })
}

function judgeTls(socket: TLSSocket, stateDir: string): Check {
  const found = `${socket.getProtocol()}, ${socket.getCipher().standardName}`
  const own = ownAuthority(stateDir)
  if (own === null) return ok('proxy TLS', `${found}; not joined yet, so its CA is not compared`)
  if (chainFingerprints(socket.getPeerCertificate(true)).includes(own))
    return ok('proxy TLS', found)
  const advice = 'the address leads to another network: correct `proxy`, or join this one'
  return failed('proxy TLS', 'the proxy has a certificate of another CA', advice)
}

function ownAuthority(stateDir: string): string | null {
  try {
    return authorityFingerprint(readIdentityFiles(stateDir).caPem)
  } catch {
    return null // the check of the certificate tells why
  }
}

function chainFingerprints(leaf: DetailedPeerCertificate): readonly string[] {
  const prints: string[] = []
  let current: DetailedPeerCertificate | undefined = leaf
  while (current?.fingerprint256 !== undefined) {
    prints.push(current.fingerprint256.replaceAll(':', '').toLowerCase())
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate
  }
  return prints
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not this kernel: the check says that it cannot tell
  }
}
