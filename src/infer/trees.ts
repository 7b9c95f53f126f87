// Finds the root and everybody's place in graphs that may be a tree of a known form. Rooted trees
// are compared by the numbers of their subtrees' forms, leaves first (Aho, Hopcroft, Ullman, "The
// Design and Analysis of Computer Algorithms" (1974), section 3.2).

import { edgesOfShape, isConnected, type Shape } from './component.ts'
import { type NamedPattern, type Proposal, parentInBinomialTree, parentInHeap } from './patterns.ts'

/** More are not tried; the known forms have one or two possible roots. */
const ROOTS_MAX = 8

const FORMS: readonly {
  readonly names: readonly NamedPattern[]
  readonly parentOf: (child: number) => number
}[] = [
  { names: ['tree', 'tree-reduction'], parentOf: parentInHeap },
  { names: ['reduction', 'broadcast'], parentOf: parentInBinomialTree },
]

/** What trees of a known form `shape` is, one proposal for each possible root. */
export function proposeTrees(shape: Shape): Proposal[] {
  if (shape.length < 3 || edgesOfShape(shape) !== shape.length - 1 || !isConnected(shape)) return []
  return FORMS.flatMap(({ names, parentOf }) => {
    const form = shapeOfParents(shape.length, parentOf)
    return rootsLike(shape, form).flatMap((root) => {
      const order = match(form, shape, root)
      return order === null ? [] : names.map((name) => ({ name, dimensions: [], order }))
    })
  })
}

function shapeOfParents(guests: number, parentOf: (child: number) => number): Shape {
  const neighbours: number[][] = Array.from({ length: guests }, () => [])
  for (let child = 1; child < guests; child += 1) {
    const parent = parentOf(child)
    neighbours[child]?.push(parent)
    neighbours[parent]?.push(child)
  }
  return neighbours
}

/** Vertices whose branches are as many and as large as those of the form's root, 0. */
function rootsLike(shape: Shape, form: Shape): number[] {
  const wanted = branches(form, hang(form, 0), 0).join()
  const tree = hang(shape, 0)
  const roots = [...shape.keys()].filter(
    (vertex) => branches(shape, tree, vertex).join() === wanted,
  )
  return roots.slice(0, ROOTS_MAX)
}

/** A tree hung up at a vertex: `sequence` has parents before children. */
interface Hung {
  readonly sequence: readonly number[]
  readonly parents: Int32Array
  /** Vertices in the subtree of each. */
  readonly sizes: Int32Array
}

function hang(shape: Shape, root: number): Hung {
  const parents = new Int32Array(shape.length).fill(-1)
  const sizes = new Int32Array(shape.length).fill(1)
  const sequence = [root]
  for (let head = 0; head < sequence.length; head += 1) {
    const vertex = sequence[head] ?? 0
    for (const next of shape[vertex] ?? []) {
      if (next === parents[vertex]) continue
      parents[next] = vertex
      sequence.push(next)
    }
  }
  for (const vertex of sequence.toReversed()) {
    const parent = parents[vertex] ?? -1
    if (parent >= 0) sizes[parent] = (sizes[parent] ?? 0) + (sizes[vertex] ?? 0)
  }
  return { sequence, parents, sizes }
}

/** The sizes of what hangs at `vertex` if it is the root, descending. */
function branches(shape: Shape, { parents, sizes }: Hung, vertex: number): number[] {
  return (shape[vertex] ?? [])
    .map((next) =>
      next === parents[vertex] ? shape.length - (sizes[vertex] ?? 0) : (sizes[next] ?? 0),
    )
    .sort((a, b) => b - a)
}

/** Which vertex of `shape`, hung at `root`, is which of `form`, hung at 0; null if none. */
function match(form: Shape, shape: Shape, root: number): number[] | null {
  const numbers = new Map<string, number>()
  const wanted = formsOf(form, hang(form, 0), numbers)
  const found = formsOf(shape, hang(shape, root), numbers)
  if (wanted.numbers[0] !== found.numbers[root]) return null
  const order: number[] = new Array(shape.length).fill(-1)
  order[0] = root
  const open = [0]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const children = found.children[order[at] ?? 0] ?? []
    for (const [index, child] of (wanted.children[at] ?? []).entries()) {
      order[child] = children[index] ?? -1
      open.push(child)
    }
  }
  return order
}

interface Forms {
  /** Equal for equal subtrees. */
  readonly numbers: Int32Array
  /** Sorted by their numbers. */
  readonly children: readonly (readonly number[])[]
}

function formsOf(shape: Shape, { sequence, parents }: Hung, known: Map<string, number>): Forms {
  const numbers = new Int32Array(shape.length)
  const children: number[][] = shape.map(() => [])
  for (const vertex of sequence.toReversed()) {
    const own = (shape[vertex] ?? [])
      .filter((next) => next !== parents[vertex])
      .sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0) || a - b)
    const key = own.map((child) => numbers[child]).join()
    const number = known.get(key) ?? known.size
    known.set(key, number)
    numbers[vertex] = number
    children[vertex] = own
  }
  return { numbers, children }
}
