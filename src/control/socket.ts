// Which daemon a command means: the socket given, the environment's, or the only one there is.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { VnetError } from '../base/errors.ts'

export const SOCKET_FOLDER = '/run/vnet'

/**
 * Path of the admin socket.
 * @throws VnetError `socket-unknown` if none is given and there is not exactly one in the folder.
 */
export function findSocket(
  given: string | undefined,
  {
    environment = process.env.VNET_SOCKET,
    folder = SOCKET_FOLDER,
  }: { readonly environment?: string | undefined; readonly folder?: string } = {},
): string {
  if (given !== undefined && given !== '') return given
  if (environment !== undefined && environment !== '') return environment
  const sockets = listSockets(folder)
  const [only, ...more] = sockets
  if (only !== undefined && more.length === 0) return only
  if (only === undefined) {
    throw new VnetError('socket-unknown', `there is no daemon's socket in ${folder}`, {
      hint: 'is the daemon running? name its socket with --socket or VNET_SOCKET',
    })
  }
  throw new VnetError('socket-unknown', `there are ${sockets.length} daemons here`, {
    hint: `name one with --socket or VNET_SOCKET: ${sockets.join(', ')}`,
  })
}

function listSockets(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isSocket() && entry.name.endsWith('.sock'))
      .map((entry) => join(folder, entry.name))
      .sort()
  } catch {
    return [] // no such folder: no daemon
  }
}
