// The figures of all links as the addon hands them out: numbers one behind the other (figuresArray
// in native/addon_traffic.cc).

import type { LinkFigures } from '../plane/link-figures.ts'
import type { LinkId } from '../plane/plane.ts'

const FIGURES_PER_LINK = 13

export function figuresOf(numbers: Float64Array): LinkFigures[] {
  const figures: LinkFigures[] = []
  for (let start = 0; start < numbers.length; start += FIGURES_PER_LINK) {
    const at = (offset: number) => numbers[start + offset] ?? 0
    const knownAt = (offset: number) => (at(offset) > 0 ? at(offset) : null)
    figures.push({
      link: at(0) as LinkId,
      minRttUs: knownAt(1),
      rttUs: knownAt(2),
      jitterUs: at(3),
      sentBytes: at(4),
      resentBytes: at(5),
      deliveredBytes: at(6),
      busyUs: at(7),
      waitingUs: at(8),
      queuedBytes: at(9),
      deliveryRateBytesPerSecond: knownAt(10),
      isApplicationLimited: at(11) !== 0,
      receivedBytes: at(12),
    })
  }
  return figures
}
