// Guests as people write them: by MAC address, or by the name that `vnet guest list` shows.

import { VnetError } from '../base/errors.ts'
import { isMacAddress, type MacAddress, parseMac } from '../base/mac.ts'
import type { GuestName } from '../control/api.ts'
import type { AdminClient } from '../control/client.ts'

/** @throws VnetError `guest-unknown` or `guest-ambiguous`. */
export async function findGuests(
  client: Pick<AdminClient, 'guestNames'>,
  texts: readonly string[],
): Promise<readonly MacAddress[]> {
  const names = texts.every(isMacAddress) ? [] : await client.guestNames()
  return texts.map((text) => (isMacAddress(text) ? parseMac(text) : byName(names, text)))
}

function byName(names: readonly GuestName[], wanted: string): MacAddress {
  const found = names.filter(({ name }) => name === wanted).map(({ mac }) => mac)
  const [mac] = found
  if (found.length === 1 && mac !== undefined) return mac
  if (found.length > 1) {
    const message = `${found.length} guests are called '${wanted}'`
    throw new VnetError('guest-ambiguous', message, { hint: `write one of: ${found.join(', ')}` })
  }
  throw new VnetError('guest-unknown', `no guest is called '${wanted}'`, {
    hint: "'vnet guest list' shows their names, 'vnet macs' their addresses",
  })
}
