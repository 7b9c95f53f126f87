// The messages of repair.h, and what is worth holding back.
#include "repair.h"

#include "bytes.h"
#include "gso.h"

namespace vnet {

std::vector<uint8_t> resendRequestMessage(const std::vector<MissingRange>& ranges) {
  size_t count = std::min(ranges.size(), kMissingRangesMax);
  std::vector<uint8_t> message(kHeaderBytes + count * kResendRangeBytes);
  writeHeader(message.data(), MessageType::resendRequest, 0,
              static_cast<uint32_t>(count * kResendRangeBytes));
  uint8_t* at = message.data() + kHeaderBytes;
  for (size_t i = 0; i < count; i++, at += kResendRangeBytes) {
    write64(at, ranges[i].first);
    write16(at + 8, ranges[i].count);
  }
  return message;
}

bool readResendRequest(const uint8_t* payload, size_t length, std::vector<MissingRange>* out) {
  out->clear();
  if (length == 0 || length % kResendRangeBytes != 0) return false;
  if (length / kResendRangeBytes > kMissingRangesMax) return false;
  size_t total = 0;
  for (size_t at = 0; at < length; at += kResendRangeBytes) {
    MissingRange range{read64(payload + at), read16(payload + at + 8)};
    if (range.first == 0 || range.count == 0) return false;
    if (range.first > UINT64_MAX - range.count) return false;
    total += range.count;
    if (total > GapTracker::kOpenMax) return false;
    out->push_back(range);
  }
  return true;
}

size_t writeRepairedHead(uint8_t* out, uint64_t counter, size_t plainLength) {
  writeHeader(out, MessageType::repaired, 0,
              static_cast<uint32_t>(kRepairedCounterBytes + plainLength));
  write64(out + kHeaderBytes, counter);
  return kRepairedOverheadBytes;
}

bool readRepaired(const uint8_t* payload, size_t length, uint64_t* counter) {
  bool isEmpty = length == kRepairedCounterBytes;
  if (!isEmpty && length < kRepairedCounterBytes + kHeaderBytes) return false;
  *counter = read64(payload);
  return *counter != 0;
}

bool isBulkTcp(const uint8_t* wire, size_t length) {
  if (length < kHeaderBytes) return false;
  size_t skip = kHeaderBytes;
  if (wire[0] == static_cast<uint8_t>(MessageType::offloadedFrame)) {
    skip += kVnetHeaderBytes;
  } else if (wire[0] != static_cast<uint8_t>(MessageType::frame)) {
    return false;
  }
  if (length < skip + kFrameBytesMin) return false;
  const uint8_t* frame = wire + skip;
  FrameLayout layout;
  if (!parseLayout(frame, length - skip, &layout) || layout.protocol != 6) return false;
  // Short frames are padded to Ethernet's 60 bytes: the IP header knows what is payload.
  const uint8_t* ip = frame + layout.l3;
  size_t ipEnd = layout.l3 + (layout.isIpv6 ? 40 + read16(ip + 4) : read16(ip + 2));
  return ipEnd > layout.payload && length - skip > layout.payload;
}

}  // namespace vnet
