// Loss repair of the datagrams beside a link, in five parts without sockets, threads or clock:
//
//   sender    ResendStore   what was sent lately           (resend_store.h)
//             ResendBudget  how much of it may go again    (resend_store.h)
//   receiver  GapTracker    what is missing, when to ask   (gap_tracker.h)
//             HoldQueue     bulk TCP behind a gap          (hold_queue.h)
//   both      the two messages, below
//
// Repair hides random loss from the TCP inside, which would take it for congestion. It must not
// hide congestion: the sender repairs a small share only, and nothing while a queue stands on the
// path; what it will not repair, it says at once, and the receiver goes on without it.
//
// The messages are payloads of datagrams, numbers in network order:
//
//   resend request   { first counter, 8 bytes | how many, 2 bytes } of 1 to 64 ranges
//   repaired         original counter, 8 bytes | all messages of that datagram; none: given up
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "frame.h"
#include "gap_tracker.h"
#include "hold_queue.h"
#include "resend_store.h"

namespace vnet {

/** What a repaired datagram is longer than it was. Leave so much room in every one that is sent. */
constexpr size_t kRepairedOverheadBytes = kHeaderBytes + kRepairedCounterBytes;

/** The whole message, header included, that asks for 1 to kMissingRangesMax ranges. */
std::vector<uint8_t> resendRequestMessage(const std::vector<MissingRange>& ranges);
/**
 * False: malformed, `out` is not to be used. Ranges are neither empty nor beyond what a counter
 * holds, and name no more than GapTracker::kOpenMax counters.
 */
bool readResendRequest(const uint8_t* payload, size_t length, std::vector<MissingRange>* out);

/**
 * Writes what stands before `plainLength` bytes of messages, kRepairedOverheadBytes: the header of
 * the message and the counter. Returns its length.
 */
size_t writeRepairedHead(uint8_t* out, uint64_t counter, size_t plainLength);
/** Messages begin at payload + kRepairedCounterBytes, if there are any. False: malformed. */
bool readRepaired(const uint8_t* payload, size_t length, uint64_t* counter);

/**
 * A message that carries TCP with payload: what suffers from arriving before its predecessors. All
 * else, acknowledgements included, is better early than in order.
 */
bool isBulkTcp(const uint8_t* wire, size_t length);

}  // namespace vnet
