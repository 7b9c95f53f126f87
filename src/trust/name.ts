// Names of networks and daemons, and the URI that a certificate carries as the daemon's identity:
// vnet://NETWORK/ROLE/NAME. Parsing is strict: what is not exactly that form is no identity.

import { VnetError } from '../base/errors.ts'

export type DaemonRole = 'proxy' | 'host'

/** Who a daemon is. Taken from its certificate, never from an address or a message. */
export interface DaemonIdentity {
  readonly network: string
  readonly role: DaemonRole
  readonly name: string
}

/** A DNS label (RFC 1035 section 2.3.1), digits allowed first (RFC 1123 section 2.1). */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const NAME = new RegExp(`^${LABEL}$`)
const URI = new RegExp(`^vnet://(?<network>${LABEL})/(?<role>proxy|host)/(?<name>${LABEL})$`)

/** True if `text` may name a network or a daemon. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

/** Returns `text`. @throws VnetError `name-invalid`. */
export function parseName(text: string): string {
  if (!isName(text)) {
    throw new VnetError('name-invalid', `'${printable(text)}' cannot be a name`, {
      hint: 'use 1 to 63 lower-case letters, digits and inner hyphens, such as alpha-2',
    })
  }
  return text
}

/** `vnet://home/host/alpha`. */
export function formatUri(identity: DaemonIdentity): string {
  return `vnet://${identity.network}/${identity.role}/${identity.name}`
}

/** The identity in a certificate's URI, or null if it is not one. */
export function parseUri(uri: string): DaemonIdentity | null {
  const { network, role, name } = URI.exec(uri)?.groups ?? {}
  if (network === undefined || name === undefined) return null
  return { network, role: role === 'proxy' ? 'proxy' : 'host', name }
}

/** Cut and without control characters, for messages. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?').slice(0, 80)
}
