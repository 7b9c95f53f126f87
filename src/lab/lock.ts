// One command at a time works on a lab. The lock is a listening socket in the abstract namespace
// (unix(7)): taking it is atomic, and it ends with its process, however that ends.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { VnetError } from '../base/errors.ts'
import { labsFolder } from './state.ts'

const ANSWER_TIMEOUT_MS = 1_000

/**
 * Keeps other commands from building or removing the same lab; the result ends that.
 * @throws VnetError `lab-busy`, naming the process that has it.
 */
export async function lockLab(name: string): Promise<() => void> {
  const path = lockPath(name)
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy()) // who asks may leave before the answer
    socket.end(String(process.pid))
  })
  server.unref()
  server.listen({ path })
  try {
    await once(server, 'listening')
  } catch {
    const holder = await askHolder(path)
    throw new VnetError('lab-busy', `process ${holder} is at work on lab '${name}'`, {
      hint: 'wait for it, or end it; then again',
    })
  }
  return () => server.close()
}

function lockPath(name: string): string {
  const digest = createHash('sha256').update(join(labsFolder(), name)).digest('hex')
  return `\0vnet-lab-${digest.slice(0, 32)}`
}

async function askHolder(path: string): Promise<string> {
  const socket = net.connect({ path })
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy())
  return text(socket).catch(() => '(gone by now)')
}
