// Lets the threads that move frames run before ordinary programs (sched(7)), which is what decides
// the latency of a frame on a busy machine: guests and what else runs there must not keep it
// waiting. A nice value, not a real-time policy: the scheduler goes on to wake a thread on a core
// that is free, and nobody starves. Measured: SCHED_RR halves the round trip under load once more,
// but costs a third of the star's throughput and half of the small frames.
#pragma once

namespace vnet {

/**
 * Of the thread that calls: nice -20 and turns of 100 µs (Linux 6.12; else as they are). Nothing
 * changes where neither CAP_SYS_NICE nor RLIMIT_NICE allows it.
 */
void raisePriority();

}  // namespace vnet
