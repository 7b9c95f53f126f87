// One native plane in a process of its own, steered over the process channel: what a daemon is
// to the plane, without policy. `vnet bench plane` runs it in the namespaces of its hosts.

import type { Credentials, LinkId, LinkRole, Plane, PlaneOptions } from '../src/plane/plane.ts'
import { serveRequests } from './channel.ts'

export type PlaneRequest =
  | {
      readonly kind: 'start'
      readonly options: PlaneOptions
      readonly credentials: Credentials
      /** The addon is loaded from this module: it exports `createNativePlane`. */
      readonly module: string
      /** Another build of the addon. */
      readonly addon?: string
    }
  | { readonly kind: 'call'; readonly method: keyof Plane; readonly args: readonly unknown[] }
  | { readonly kind: 'dial'; readonly host: string; readonly port: number; readonly role: LinkRole }
  | { readonly kind: 'stop' }

let plane: Plane | null = null
/** Links dialled here, with the role they were dialled for. */
const dialled = new Map<LinkId, LinkRole>()
/** Role of links that others dial: a hub has star links, a host has fast paths. */
let acceptedRole: LinkRole = 'star'

serveRequests(handle)

async function handle(request: PlaneRequest): Promise<unknown> {
  if (request.kind === 'start') return start(request)
  if (plane === null) throw new Error('the plane is not started')
  if (request.kind === 'dial') {
    const link = plane.dial({ host: request.host, port: request.port })
    dialled.set(link, request.role)
    return link
  }
  if (request.kind === 'stop') return plane.close()
  const method = plane[request.method] as (...args: readonly unknown[]) => unknown
  return method.apply(plane, [...request.args])
}

async function start(request: Extract<PlaneRequest, { kind: 'start' }>): Promise<void> {
  const { createNativePlane, loadAddon } = await import(request.module)
  if (request.addon !== undefined) loadAddon(request.addon)
  const started: Plane = createNativePlane(request.options)
  started.onEvent = (event) => {
    if (event.kind === 'link-pending') {
      const role = dialled.get(event.link.id) ?? acceptedRole
      const peer = event.link.certificate?.uri ?? ''
      started.admit(event.link.id, { role, peer, transport: 'tcp' })
    }
    const isFailure = event.kind === 'link-closed' && !event.code.startsWith('closed-')
    if (isFailure || event.kind === 'refused') {
      process.stderr.write(`plane: ${event.kind}: ${event.reason}\n`)
    }
  }
  started.setCredentials(request.credentials)
  acceptedRole = request.options.role === 'proxy' ? 'star' : 'fast-path'
  plane = started
}
