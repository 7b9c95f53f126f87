// MAC addresses as values: the text form `aa:bb:cc:dd:ee:ff`, lower case, is the one form that is
// used in maps, messages and the admin API. Parsing is strict; everything else takes `MacAddress`.

import { VnetError } from './errors.ts'

/** A MAC address in canonical text form: six lower-case hex octets joined by colons. */
export type MacAddress = string & { readonly __brand: 'MacAddress' }

const CANONICAL = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/

/** The broadcast address of IEEE 802.3. */
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as MacAddress

/** True if `text` is a MAC address in any of the accepted spellings (`:` or `-`, any case). */
export function isMacAddress(text: string): boolean {
  return CANONICAL.test(text.toLowerCase().replaceAll('-', ':'))
}

/**
 * Parses a MAC address.
 * @throws VnetError `mac-invalid` if the text is not six hex octets.
 */
export function parseMac(text: string): MacAddress {
  const canonical = text.toLowerCase().replaceAll('-', ':')
  if (!CANONICAL.test(canonical)) {
    throw new VnetError('mac-invalid', `'${text}' is not a MAC address`, {
      hint: 'write six hex octets, such as 52:54:00:12:34:56',
    })
  }
  return canonical as MacAddress
}

/** Formats six octets at `offset` of a frame. */
export function macFromBytes(bytes: Uint8Array, offset = 0): MacAddress {
  const octets = Array.from(bytes.subarray(offset, offset + 6), (octet) =>
    octet.toString(16).padStart(2, '0'),
  )
  return octets.join(':') as MacAddress
}

/** Six octets at `offset` as one number, for tables that are looked into often. */
export function macNumber(bytes: Uint8Array, offset = 0): number {
  let number = 0
  for (let at = offset; at < offset + 6; at++) number = number * 256 + (bytes[at] ?? 0)
  return number
}

/** The address that `macNumber` gave the number of. */
export function macFromNumber(number: number): MacAddress {
  const digits = number.toString(16).padStart(12, '0')
  return (digits.match(/../g) ?? []).join(':') as MacAddress
}

/** The six octets of an address. */
export function macToBytes(mac: MacAddress): Uint8Array {
  return Uint8Array.from(mac.split(':'), (octet) => Number.parseInt(octet, 16))
}

/** True for broadcast and multicast (the group bit of the first octet, IEEE 802 section 8). */
export function isGroupMac(mac: MacAddress): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
}
