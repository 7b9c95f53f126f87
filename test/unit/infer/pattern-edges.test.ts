// The generators of the patterns against counts and edges known from their definitions.

import { describe, expect, test } from 'vitest'
import {
  coordinatesOf,
  indexOf,
  patternEdges,
  patternOf,
  patternsOf,
  squarest,
} from '../../../src/infer/patterns.ts'

const SIZES = [2, 3, 4, 5, 7, 8, 12, 16, 27, 32, 64]

describe('patternEdges', () => {
  test.each([
    ['all-to-all', 8, 56],
    ['bus', 8, 14],
    ['ring', 8, 16],
    ['mesh', [4, 4], 48], // 2 x (3x4 + 4x3)
    ['mesh', [3, 3, 3], 108],
    ['torus', [4, 4], 64],
    ['torus', [5, 2], 30], // a ring each and one line between: 2 x 10 + 10
    ['torus', [3, 3, 3], 162],
    ['hypercube', 32, 160],
    ['tree', 7, 12],
    ['tree-reduction', 7, 6],
    ['reduction', 8, 7],
    ['broadcast', 8, 7],
    ['one-to-all', 8, 7],
    ['all-to-one', 8, 7],
    ['partition', [3, 5], 15],
    ['tiers', [2, 3, 1], 9],
    ['pair', 2, 2],
  ] as const)('%s of %o has %i edges', (name, size, count) => {
    expect(patternEdges(name, size)).toHaveLength(count)
  })

  test('of a tree and of a binomial tree go where they should', () => {
    expect(patternEdges('tree-reduction', 5)).toEqual([
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 1],
    ])
    expect(patternEdges('reduction', 8)).toEqual([
      [1, 0],
      [2, 0],
      [3, 2],
      [4, 0],
      [5, 4],
      [6, 4],
      [7, 6],
    ])
  })

  test('one way, each dimension runs forwards', () => {
    expect(patternEdges('ring', 3, 'one-way')).toEqual([
      [0, 1],
      [1, 2],
      [2, 0],
    ])
    expect(patternEdges('mesh', [2, 2], 'one-way')).toEqual([
      [0, 2],
      [1, 3],
      [0, 1],
      [2, 3],
    ])
  })

  test('of a hypercube change one bit', () => {
    for (const [source, destination] of patternEdges('hypercube', 16)) {
      expect(Math.log2(source ^ destination) % 1).toBe(0)
    }
  })

  test('are between guests, never twice, and all guests have some', () => {
    for (const guests of SIZES) {
      for (const pattern of patternsOf(guests)) {
        const size = pattern.dimensions.length > 0 ? pattern.dimensions : guests
        const edges = patternEdges(pattern.name, size, pattern.direction)
        expect(pattern.guests).toBe(guests)
        expect(new Set(edges.map(String)).size).toBe(edges.length)
        expect(new Set(edges.flat())).toEqual(new Set(Array(guests).keys()))
        expect(edges.every(([source, destination]) => source !== destination)).toBe(true)
      }
    }
  })
})

test('sizes that do not exist are refused', () => {
  for (const [name, size] of [
    ['mesh', 7],
    ['torus', [4, 1]],
    ['hypercube', 12],
    ['pair', 3],
    ['ring', 2],
    ['bus', 1],
    ['partition', [4]],
    ['bus', Number.NaN],
  ] as const) {
    expect(() => patternOf(name, size), `${name} ${size}`).toThrow(`there is no ${name}`)
  }
})

test('patternsOf knows which exist', () => {
  const of = (guests: number) =>
    patternsOf(guests).map(({ name, dimensions }) => [name, ...dimensions].join(' '))
  expect(of(2)).toEqual(['pair'])
  expect(of(1)).toEqual([])
  expect(of(7)).not.toContain('mesh')
  expect(of(27)).toEqual(expect.arrayContaining(['mesh 9 3', 'torus 3 3 3']))
  expect(of(32)).toEqual(expect.arrayContaining(['mesh 8 4', 'torus 4 4 2', 'hypercube 5']))
  expect(of(64)).toEqual(expect.arrayContaining(['torus 8 8', 'mesh 4 4 4', 'partition 32 32']))
})

test('coordinates and numbers are each other’s reverse', () => {
  const sides = [4, 3, 2]
  for (let index = 0; index < 24; index += 1) {
    expect(indexOf(coordinatesOf(index, sides), sides)).toBe(index)
  }
  expect(coordinatesOf(23, sides)).toEqual([3, 2, 1])
  expect(squarest(36, 2)).toEqual([6, 6])
  expect(squarest(24, 3)).toEqual([4, 3, 2])
})
