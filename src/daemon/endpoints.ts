// Where others may dial this daemon, as it says in its Hello: what the operator advertises, the
// address that it uses towards the proxy, and its other addresses.

import { networkInterfaces } from 'node:os'
import { parseEndpoint } from '../config/endpoint.ts'

/** Tried in parallel by the peer: more addresses than this cost more than they help. */
export const ENDPOINTS_OFFERED_MAX = 8

export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface EndpointSources {
  readonly advertise: readonly string[]
  /** Null: this daemon does not listen. */
  readonly listen: Endpoint | null
  /** Of the link on which the Hello goes. */
  readonly localAddress: string
  /** Addresses of the machine. */
  readonly machine: readonly string[]
}

/** Best first, without doubles. Pure. */
export function endpointsOf(sources: EndpointSources): readonly Endpoint[] {
  const { listen } = sources
  if (listen === null) return []
  const advertised = sources.advertise.flatMap((text) => {
    const endpoint = parseEndpoint(text)
    return endpoint === null ? [] : [{ address: endpoint.host, port: endpoint.port }]
  })
  const isAny = listen.address === '::' || listen.address === '0.0.0.0'
  const isV4Only = listen.address === '0.0.0.0'
  const candidates = isAny ? [sources.localAddress, ...sources.machine] : [listen.address]
  const own = candidates
    .map(withoutMapping)
    .filter((address) => address !== '' && !(isV4Only && address.includes(':')))
    .map((address) => ({ address, port: listen.port }))
  return distinct([...advertised, ...own]).slice(0, ENDPOINTS_OFFERED_MAX)
}

/** `::ffff:1.2.3.4` is the IPv4 address to everybody else. */
export function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

export function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byText = new Map(
    endpoints.map((endpoint) => [`${endpoint.address} ${endpoint.port}`, endpoint]),
  )
  return [...byText.values()]
}

/** Addresses of the machine but loopback, link-local and those on the overlay's own devices. */
export function machineAddresses(ownDevices: ReadonlySet<string>): readonly string[] {
  return Object.entries(networkInterfaces())
    .filter(([device]) => !ownDevices.has(device))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
}
