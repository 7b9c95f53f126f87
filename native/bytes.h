// Numbers in network order, at any address, as the headers of frames hold them.
#pragma once

#include <cstdint>

namespace vnet {

inline uint16_t read16(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
}

inline void write16(uint8_t* bytes, uint16_t value) {
  bytes[0] = static_cast<uint8_t>(value >> 8);
  bytes[1] = static_cast<uint8_t>(value);
}

inline uint32_t read32(const uint8_t* bytes) {
  return static_cast<uint32_t>(read16(bytes)) << 16 | read16(bytes + 2);
}

inline void write32(uint8_t* bytes, uint32_t value) {
  write16(bytes, static_cast<uint16_t>(value >> 16));
  write16(bytes + 2, static_cast<uint16_t>(value));
}

inline uint64_t read64(const uint8_t* bytes) {
  return static_cast<uint64_t>(read32(bytes)) << 32 | read32(bytes + 4);
}

inline void write64(uint8_t* bytes, uint64_t value) {
  write32(bytes, static_cast<uint32_t>(value >> 32));
  write32(bytes + 4, static_cast<uint32_t>(value));
}

}  // namespace vnet
