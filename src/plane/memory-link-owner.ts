// What a link between two in-memory planes asks its plane, tells it, and is told of its ends.

import type { Clock } from '../base/clock.ts'
import type { ProbeOutcome } from './link-figures.ts'
import type { MemoryIdentity } from './memory-credentials.ts'
import type { DatagramOwner } from './memory-datagram.ts'
import type { MemoryLink } from './memory-link.ts'
import type { CloseCode, Transport } from './plane.ts'

/** The plane that a link belongs to. */
export interface LinkOwner {
  readonly clock: Clock
  /** What this end shows, and whom it trusts; null: no credentials are set. */
  identity(): MemoryIdentity | null
  readonly isOffloadOffered: boolean
  readonly datagrams: Pick<DatagramOwner, 'isOffered' | 'fromRttMs'>
  onPending(link: MemoryLink): void
  onControl(link: MemoryLink, bytes: Uint8Array): void
  onFrame(link: MemoryLink, frame: Uint8Array, hops: number): void
  /** A frame that waited for this link, or would have. */
  onQueueDrop(frame: Uint8Array): void
  onTransport(link: MemoryLink, transport: Transport, reason: string): void
  /** Nothing gets through any more, and why; null: it does again. */
  onStall(link: MemoryLink, reason: string | null): void
  onProbed(link: MemoryLink, probe: ProbeOutcome): void
  onClosed(link: MemoryLink, code: CloseCode, reason: string): void
}

export interface Endpoints {
  readonly localAddress: string
  readonly remoteAddress: string
  readonly remotePort: number
}
