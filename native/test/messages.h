// Frames with their headers as they come out of datagrams, and a receiver that joins them.
#pragma once

#include <algorithm>
#include <vector>

#include "../coalescer.h"
#include "../frame.h"
#include "super_frame.h"

namespace vnet {

constexpr size_t kPrefix = kHeaderBytes + kVnetHeaderBytes;

/** A frame with its virtio-net header, and room for a message header in front. */
struct Message {
  Bytes wire;
  bool isOffloaded = true;
  uint8_t hops = 0;

  size_t prefix() const { return isOffloaded ? kPrefix : kHeaderBytes; }
  uint8_t* frame() { return wire.data() + prefix(); }
  size_t length() const { return wire.size() - prefix(); }
  VnetHeader header() const { return VnetHeader::parse(wire.data() + kHeaderBytes); }
  void setHeader(const VnetHeader& header) { header.serialise(wire.data() + kHeaderBytes); }
  FrameView view() {
    uint8_t* vnet = isOffloaded ? wire.data() + kHeaderBytes : nullptr;
    return {wire.data(), vnet, frame(), length()};
  }
  FrameLayout layout() {
    FrameLayout layout;
    CHECK(parseLayout(frame(), length(), &layout));
    return layout;
  }
  Bytes payload() { return Bytes(frame() + layout().payload, wire.data() + wire.size()); }
};

inline Message messageOf(const VnetHeader& header, const Bytes& frame) {
  Message message;
  message.wire.resize(kPrefix);
  message.setHeader(header);
  message.wire.insert(message.wire.end(), frame.begin(), frame.end());
  return message;
}

inline Message superMessage(const Shape& shape, size_t payload, uint16_t gsoSize) {
  VnetHeader header;
  Bytes frame = superFrame(shape, payload, gsoSize, &header);
  if (shape.tcpFlags & 0x80) header.gsoType |= VnetHeader::kEcn;
  return messageOf(header, frame);
}

/** A segment of one flow, `payload` bytes at `offset` of the stream. */
inline Message segmentAt(Shape shape, uint32_t offset, size_t payload) {
  shape.sequence += offset;
  Message message = superMessage(shape, payload, 1448);
  VnetHeader header = message.header();
  header.gsoType = VnetHeader::kNone;
  header.gsoSize = header.hdrLen = 0;
  message.setHeader(header);
  return message;
}

/** Takes each as it would come from a datagram; gives what leaves. */
struct Receiver {
  std::vector<Message> out;
  bool isStrict = true;  // all virtio-net headers are valid
  Coalescer coalescer{[this](const FrameView& view, uint8_t hops) {
    writeHeader(view.wire, MessageType::frame, hops, 0);  // as a forwarder may
    Message message{Bytes(view.wire, view.wire + view.wireLength()), view.vnet != nullptr, hops};
    CHECK(view.frame == view.wire + message.prefix());
    if (message.isOffloaded && isStrict) {
      CHECK(validVnetHeader(message.header(), message.frame(), message.length()));
    }
    memset(message.wire.data(), 0, kHeaderBytes);
    out.push_back(std::move(message));
  }};

  void take(Message message) {
    coalescer.take(message.view(), message.hops);
    std::fill(message.wire.begin(), message.wire.end(), 0xee);  // it is not needed any more
  }
  void takeAll(const std::vector<Message>& messages) {
    for (const Message& message : messages) take(message);
    coalescer.flush();
  }
};

/** The frames on the guest's wire. */
inline std::vector<Bytes> onTheWire(const std::vector<Message>& messages) {
  std::vector<Bytes> frames;
  static Bytes scratch(kFrameBytesMax);
  for (Message message : messages) {
    if (!message.isOffloaded) {
      frames.emplace_back(message.frame(), message.frame() + message.length());
      continue;
    }
    CHECK(segment(message.header(), message.frame(), message.length(), scratch.data(),
                  [&](uint8_t* frame, size_t n) { frames.emplace_back(frame, frame + n); }));
  }
  return frames;
}

}  // namespace vnet
