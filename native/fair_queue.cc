// See fair_queue.h.
#include "fair_queue.h"

#include <math.h>

#include "frame.h"
#include "gso.h"

namespace vnet {

uint64_t flowHash(const uint8_t* wire, size_t length) {
  size_t skip = kHeaderBytes;
  if (length > 0 && wire[0] == static_cast<uint8_t>(MessageType::offloadedFrame)) {
    skip += kVnetHeaderBytes;
  }
  if (length < skip + kFrameBytesMin) return 0;
  const uint8_t* frame = wire + skip;
  uint64_t hash = mixHash(macKey(frame) ^ mixHash(macKey(frame + 6)));
  FrameLayout layout;
  if (!parseLayout(frame, length - skip, &layout)) return hash;
  uint32_t ports, tail[2] = {};
  memcpy(&ports, frame + layout.l4, 4);
  const uint8_t* ip = frame + layout.l3;
  memcpy(&tail[0], ip + (layout.isIpv6 ? 20 : 12), 4);
  memcpy(&tail[1], ip + (layout.isIpv6 ? 36 : 16), 4);
  hash ^= mixHash(static_cast<uint64_t>(tail[0]) << 32 | tail[1]);
  return mixHash(hash ^ (static_cast<uint64_t>(ports) << 8 | layout.protocol));
}

size_t FairQueue::push(const uint8_t* wire, size_t length, uint64_t nowNs) {
  if (flows_.empty()) flows_.resize(kFlows);
  uint16_t index = static_cast<uint16_t>(flowHash(wire, length) % kFlows);
  Flow& flow = flows_[index];
  Item* item = static_cast<Item*>(malloc(sizeof(Item) + length));
  if (!item) return 1;
  *item = {nullptr, static_cast<uint32_t>(length), nowNs};
  memcpy(item->wire(), wire, length);
  (flow.tail ? flow.tail->next : flow.head) = item;
  flow.tail = item;
  flow.bytes += length;
  bytes_ += length;
  frames_++;
  if (flow.list == Flow::List::none) {
    flow.list = Flow::List::fresh;
    flow.deficit = static_cast<int64_t>(options_.quantumBytes);
    fresh_.push_back(index);
  }
  size_t dropped = 0;
  while (bytes_ > options_.bytesMax) dropped += dropFromFattest();
  return dropped;
}

size_t FairQueue::dropFromFattest() {
  Flow* fattest = &flows_[0];
  for (Flow& flow : flows_) {
    if (flow.bytes > fattest->bytes) fattest = &flow;
  }
  // A batch at a time: finding the flow costs more than dropping.
  size_t target = fattest->bytes / 2, dropped = 0;
  while (fattest->head && fattest->bytes > target && dropped < 64) {
    drop(*fattest);
    dropped++;
  }
  return dropped;
}

void FairQueue::drop(Flow& flow) {
  if (droppedPairs_) droppedPairs_->add(flow.head->wire(), flow.head->length);
  discard(flow);
}

FairQueue::Item* FairQueue::take(Flow& flow) {
  Item* item = flow.head;
  flow.head = item->next;
  if (!flow.head) flow.tail = nullptr;
  flow.bytes -= item->length;
  bytes_ -= item->length;
  frames_--;
  return item;
}

/** The flow whose turn it is; null: nothing is queued. */
FairQueue::Flow* FairQueue::nextFlow() {
  for (;;) {
    bool isFresh = !fresh_.empty();
    std::deque<uint16_t>& list = isFresh ? fresh_ : old_;
    if (list.empty()) return nullptr;
    uint16_t index = list.front();
    Flow& flow = flows_[index];
    if (flow.head && flow.deficit > 0) return &flow;
    list.pop_front();
    if (!flow.head && (!isFresh || old_.empty())) {
      flow.list = Flow::List::none;
      continue;
    }
    // Its share is used up; or it paused, and goes once through the old ones, so that it cannot
    // starve them by pausing again and again.
    if (flow.head) flow.deficit += static_cast<int64_t>(options_.quantumBytes);
    flow.list = Flow::List::old;
    old_.push_back(index);
  }
}

bool FairQueue::isStanding(Flow& flow, uint64_t nowNs) {
  uint64_t waited = nowNs - flow.head->queuedNs;
  // One full-sized message may wait: it is not a queue.
  if (waited < options_.targetNs || flow.bytes <= kMessageBytesMax) {
    flow.firstAboveNs = 0;
    return false;
  }
  if (flow.firstAboveNs == 0) {
    flow.firstAboveNs = nowNs + options_.intervalNs;
    return false;
  }
  return nowNs >= flow.firstAboveNs;
}

void FairQueue::codel(Flow& flow, uint64_t nowNs, uint32_t* dropped) {
  if (options_.targetNs == 0) return;
  auto later = [&](uint64_t from) {
    return from + static_cast<uint64_t>(static_cast<double>(options_.intervalNs) /
                                        sqrt(static_cast<double>(flow.dropCount)));
  };
  bool isOver = isStanding(flow, nowNs);
  if (flow.isDropping) {
    while (isOver && flow.isDropping && nowNs >= flow.dropNextNs) {
      drop(flow);
      ++*dropped;
      flow.dropCount++;
      isOver = flow.head && isStanding(flow, nowNs);
      flow.dropNextNs = later(flow.dropNextNs);
    }
    flow.isDropping = isOver;
    return;
  }
  if (!isOver) return;
  drop(flow);
  ++*dropped;
  flow.isDropping = true;
  uint32_t recent = flow.dropCount - flow.lastDropCount;
  bool wasDroppingLately = nowNs - flow.dropNextNs < 16 * options_.intervalNs;
  flow.dropCount = recent > 1 && wasDroppingLately ? recent : 1;
  flow.dropNextNs = later(nowNs);
  flow.lastDropCount = flow.dropCount;
}

size_t FairQueue::pull(uint8_t* out, size_t size, size_t enough, uint64_t nowNs,
                       uint32_t* dropped) {
  size_t filled = 0;
  while (filled < enough) {
    Flow* flow = nextFlow();
    if (!flow) break;
    codel(*flow, nowNs, dropped);
    if (!flow->head) continue;
    if (filled + flow->head->length > size) break;
    Item* item = take(*flow);
    memcpy(out + filled, item->wire(), item->length);
    filled += item->length;
    flow->deficit -= item->length;
    free(item);
  }
  return filled;
}

void FairQueue::clear() {
  for (Flow& flow : flows_) {
    while (flow.head) discard(flow);
  }
  flows_ = {};
  fresh_.clear();
  old_.clear();
}

}  // namespace vnet
