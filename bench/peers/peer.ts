// What another overlay has to offer to be measured beside ours: its name and nature, whether it is
// installed, and how it is started between the two hosts. One file a peer; list.ts names them all.

import { execFile } from 'node:child_process'
import type { Namespace } from '../netns.ts'
import type { HostName } from '../overlay.ts'
import { until } from '../wait.ts'

/** Addresses on the peer's devices, in one network of 24 bits. */
export const PEER_ADDRESS: Readonly<Record<HostName, string>> = {
  alpha: '10.77.0.2',
  beta: '10.77.0.3',
}

/** A device in each host's namespace: what is sent into one comes out of the other. */
export type Devices = Readonly<Record<HostName, string>>

export interface Peer {
  /** Also the name of its column: product, variant, and `relayed` where it is. */
  readonly name: string
  readonly transport: 'tcp' | 'udp'
  /** Frames or only IP packets. */
  readonly layer: 2 | 3
  /** Straight from host to host, or through a third machine as our star. */
  readonly path: 'direct' | 'relayed'
  readonly isEncrypted: boolean
  /** Largest packet that its device takes: the guest's 1500, or what fits into one datagram. */
  readonly mtu: number
  /** Debian packages it comes from, by spaces; null where nothing needs to be installed. */
  readonly package: string | null
  /** What sets it apart: cipher, number of connections. */
  readonly about: string
  find(): Promise<Found>
  /** Starts it between the hosts; `site` ends it. Devices get their addresses from the caller. */
  start(site: Site): Promise<Devices>
}

/** A version, or the reason why it cannot take part. */
export type Found = { readonly version: string } | { readonly version: null; readonly why: string }

/** Where a peer runs. Everything of it is gone when the site is closed. */
export interface Site {
  readonly hosts: Readonly<Record<HostName, Namespace>>
  /** The machine between them, for relayed paths. */
  readonly relay: Namespace
  /** Empty, for files of this start. */
  readonly folder: string
  /** Files that live as long as the whole run, such as keys that take long to make. */
  readonly keys: string
  /** Starts a program that stays in the foreground. */
  spawn(namespace: Namespace, command: string, args: readonly string[]): void
  /** Called when the site is closed, after the programs ended. */
  atClose(action: () => Promise<unknown>): void
  /** The end of what the programs said. */
  log(): string
}

/** Asks a program for its version. */
export async function findProgram(options: {
  readonly command: string
  readonly args: readonly string[]
  /** What names the version in its output. */
  readonly pattern: RegExp
  readonly package: string
}): Promise<Found> {
  const { command, args, pattern } = options
  const missing = `not installed: apt-get install ${options.package}`
  return new Promise((resolve) => {
    execFile(command, [...args], { timeout: 10_000 }, (error, stdout, stderr) => {
      // Some say their version and end with an error status.
      const version = `${stdout}\n${stderr}`.match(pattern)?.[1]
      if (version !== undefined) resolve({ version })
      else if (error?.code === 'ENOENT') resolve({ version: null, why: missing })
      else resolve({ version: null, why: `${command} does not tell its version` })
    })
  })
}

/** Waits until a program in the namespace listens at the TCP port. */
export async function waitForListener(namespace: Namespace, port: string): Promise<void> {
  const isThere = async () => (await namespace.exec('ss', '-Hltn')).includes(`:${port} `)
  await until(isThere, { what: `a listener at port ${port}`, timeoutMs: 20_000 })
}
