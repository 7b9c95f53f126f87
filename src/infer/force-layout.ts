// A drawing of any graph: guests push each other away, edges pull them together. Starts on a circle
// in the order of a walk through the graph, and has no chance in it.
// Fruchterman, Reingold, "Graph Drawing by Force-directed Placement" (1991).

import type { MacAddress } from '../base/mac.ts'
import { columnsOf, createComponent, type Shape } from './component.ts'
import type { Edge } from './types.ts'

const ROUNDS = 80
/** Each round looks at all pairs: 20 million steps at most. Larger graphs stay on the circle. */
const GUESTS_MAX = 512

/** @param edges those of other guests are left out */
export function forceLayout(
  guests: readonly MacAddress[],
  edges: readonly Edge[],
): ReadonlyMap<MacAddress, { readonly x: number; readonly y: number }> {
  const shape = shapeOf(guests, edges)
  const count = guests.length
  const x = new Float64Array(count)
  const y = new Float64Array(count)
  for (const [place, vertex] of walk(shape).entries()) {
    const angle = (2 * Math.PI * place) / count
    x[vertex] = 0.5 + Math.sin(angle) / 2
    y[vertex] = 0.5 - Math.cos(angle) / 2
  }
  if (count <= GUESTS_MAX) {
    for (let round = 0; round < ROUNDS; round += 1) move(shape, x, y, (1 - round / ROUNDS) / 10)
  }
  return new Map(guests.map((guest, vertex) => [guest, { x: x[vertex] ?? 0, y: y[vertex] ?? 0 }]))
}

function shapeOf(guests: readonly MacAddress[], edges: readonly Edge[]): Shape {
  const { shape } = createComponent(guests, columnsOf(guests, edges))
  return shape.length === guests.length ? shape : guests.map(() => [])
}

/** All vertices, depth first: neighbours come near each other. */
function walk(shape: Shape): number[] {
  const seen = new Set<number>()
  for (const start of shape.keys()) {
    const open = [start]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      open.push(...(shape[at] ?? []).toReversed())
    }
  }
  return [...seen]
}

/** One round: all forces, and a step of at most `reach`. */
function move(shape: Shape, x: Float64Array, y: Float64Array, reach: number): void {
  const count = shape.length
  const ideal = 1 / Math.sqrt(count)
  const forceX = new Float64Array(count)
  const forceY = new Float64Array(count)
  const push = (one: number, other: number, strength: (distance: number) => number) => {
    const [dx, dy] = [(x[one] ?? 0) - (x[other] ?? 0), (y[one] ?? 0) - (y[other] ?? 0)]
    const distance = Math.max(1e-4, Math.hypot(dx, dy))
    const factor = strength(distance) / distance
    forceX[one] = (forceX[one] ?? 0) + dx * factor
    forceY[one] = (forceY[one] ?? 0) + dy * factor
  }
  const repulsion = (distance: number) => ideal ** 2 / distance
  const attraction = (distance: number) => -(distance ** 2) / ideal
  for (let one = 0; one < count; one += 1) {
    for (let other = 0; other < count; other += 1) if (one !== other) push(one, other, repulsion)
    for (const other of shape[one] ?? []) push(one, other, attraction)
  }
  for (let vertex = 0; vertex < count; vertex += 1) {
    const [fx, fy] = [forceX[vertex] ?? 0, forceY[vertex] ?? 0]
    const length = Math.max(1e-9, Math.hypot(fx, fy))
    const step = Math.min(length, reach) / length
    x[vertex] = (x[vertex] ?? 0) + fx * step
    y[vertex] = (y[vertex] ?? 0) + fy * step
  }
}
