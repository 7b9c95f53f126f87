// What `vnet bench choices` leaves out, one by one, in builds of its own (scripts/build-variant),
// to measure what each choice brings. In every other build all is in. A build without encryption
// speaks a protocol (ALPN) that no other build knows: it cannot come to a link by accident.
#pragma once

#include <cstddef>

namespace vnet {

#ifdef VNET_WITHOUT_ENCRYPTION
constexpr bool kIsEncrypting = false;
#else
constexpr bool kIsEncrypting = true;
#endif

/** Frames of a turn are sealed and written together. */
#ifdef VNET_WITHOUT_BATCHES
constexpr bool kIsBatching = false;
#else
constexpr bool kIsBatching = true;
#endif

/** The largest record that is sealed; what is opened may always be 16 KB. */
#ifdef VNET_WITH_SMALL_RECORDS
constexpr size_t kSealedPlainMax = 1400;
#else
constexpr size_t kSealedPlainMax = 16384;
#endif

/** A short, fair queue before the socket, and little in it that is not sent. */
#ifdef VNET_WITHOUT_QUEUE_LIMIT
constexpr bool kIsQueueShort = false;
#else
constexpr bool kIsQueueShort = true;
#endif

}  // namespace vnet
