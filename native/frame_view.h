// How a frame is handed from one part of the data plane to the next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vnet {

/**
 * A frame on its way. `wire` points at room for its message header; the virtio-net header (or
 * nothing) and the Ethernet frame follow without a gap. Borrowed until the call returns.
 */
struct FrameView {
  uint8_t* wire;
  uint8_t* vnet;  // null: a plain frame with complete checksums
  uint8_t* frame;
  size_t length;  // of the Ethernet frame
  size_t wireLength() const { return static_cast<size_t>(frame - wire) + length; }
};

}  // namespace vnet
