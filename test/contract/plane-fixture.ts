// What the contract suite of planes needs of an implementation: planes, credentials, links over
// paths that can be cut, and time.

import type { Credentials, LinkId, Plane, PlaneOptions } from '../../src/plane/plane.ts'

export type CredentialKind = 'good' | 'foreign-ca' | 'expired'

/** One implementation with its surroundings. Time is the implementation's: virtual or real. */
export interface PlaneFixture {
  createPlane(options: PlaneOptions): Plane
  credentials(name: string, kind: CredentialKind): Promise<Credentials>
  /** Dials `to`, which listens already, over a path that can be cut. */
  dial(from: Plane, to: Plane): Promise<LinkId>
  /** A dial to where nobody listens. */
  dialNobody(from: Plane): LinkId
  listen(plane: Plane): void
  /** Nothing passes on the links between the two, and nobody is told. */
  setCut(a: Plane, b: Plane, isCut: boolean): void
  /** No datagram passes on the links between the two, and nobody is told. */
  setUdpBlocked(a: Plane, b: Plane, isUdpBlocked: boolean): void
  /** Waits until the condition holds. @throws if it does not within a few seconds. */
  until(condition: () => boolean, what: string): Promise<void>
  /** Waits until nothing moves any more in any plane. */
  settle(): Promise<void>
  advance(ms: number): Promise<void>
  close(): Promise<void>
}

export type CreateFixture = () => Promise<PlaneFixture>
