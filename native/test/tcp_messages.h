// Link messages with small TCP frames, for the tests of what happens to datagrams.
#pragma once

#include <cstring>
#include <vector>

#include "../bytes.h"
#include "../frame.h"

/** A plain frame with TCP over IPv4 and `payload` bytes, padded to Ethernet's 60. */
inline std::vector<uint8_t> tcpMessage(size_t payload) {
  size_t length = 14 + 20 + 20 + payload;
  std::vector<uint8_t> wire(vnet::kHeaderBytes + (length < 60 ? 60 : length));
  vnet::writeHeader(wire.data(), vnet::MessageType::frame, 0,
                    static_cast<uint32_t>(wire.size() - vnet::kHeaderBytes));
  uint8_t* frame = wire.data() + vnet::kHeaderBytes;
  frame[0] = frame[6] = 2;
  vnet::write16(frame + 12, 0x0800);
  frame[14] = 0x45;
  vnet::write16(frame + 16, static_cast<uint16_t>(length - 14));
  frame[23] = 6;
  frame[46] = 5 << 4;
  return wire;
}

/** The same over IPv6, offloaded: with a virtio-net header. */
inline std::vector<uint8_t> offloadedTcp6Message(size_t payload) {
  size_t length = 14 + 40 + 20 + payload;
  std::vector<uint8_t> wire(vnet::kHeaderBytes + vnet::kVnetHeaderBytes + length);
  vnet::writeHeader(wire.data(), vnet::MessageType::offloadedFrame, 0,
                    static_cast<uint32_t>(wire.size() - vnet::kHeaderBytes));
  uint8_t* frame = wire.data() + vnet::kHeaderBytes + vnet::kVnetHeaderBytes;
  frame[0] = frame[6] = 2;
  vnet::write16(frame + 12, 0x86dd);
  frame[14] = 0x60;
  vnet::write16(frame + 18, static_cast<uint16_t>(20 + payload));
  frame[20] = 6;
  frame[66] = 5 << 4;
  return wire;
}
