// A probe of what the path carries: padding behind everything else, for a moment and while nothing
// else is sent (rate_probe.h).
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "link.h"
#include "plane.h"

namespace vnet {

/** Segments count whole. */
static uint64_t deliveredBytes(int fd) {
  tcp_info tcp{};
  socklen_t length = sizeof tcp;
  if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &length) != 0) return 0;
  // Also what arrived behind a gap, which the sum of acknowledged bytes would hold back.
  return static_cast<uint64_t>(tcp.tcpi_delivered) * tcp.tcpi_snd_mss;
}

bool Link::probe(const ProbeLimits& limits) {
  std::lock_guard<std::mutex> guard(sendLock_);
  bool isPossible = isOpen_ && isUsable() && isPaddingAgreed_ && isIdleToSend();
  if (!isPossible || rateProbe_.isRunning()) return false;
  uint64_t leastNs = keepaliveRtt_.minNs(), tcpNs = tuner_.figures().minRttNs;
  probeFilter_.begin(allFigures(nowNs()));
  rateProbe_.begin(limits, std::max(leastNs, tcpNs), deliveredBytes(fd_), nowNs());
  drain();
  return true;
}

/** Behind control and frames; with the send lock held. */
void Link::drainPadding() {
  if (!rateProbe_.isRunning()) return;
  static const std::vector<uint8_t> batch = [] {
    std::vector<uint8_t> wire;
    for (size_t i = 0; i < kPaddingBatch; i++) {
      uint8_t header[kHeaderBytes];
      writeHeader(header, MessageType::padding, 0, kPaddingBytesMax);
      wire.insert(wire.end(), header, header + kHeaderBytes);
      wire.resize(wire.size() + kPaddingBytesMax);
    }
    return wire;
  }();
  noteProbe();
  while (rateProbe_.leftBytes() > 0) {
    rateProbe_.sent(batch.size());
    if (!sealAndSend(batch.data(), batch.size())) return;
  }
}

/** Looks how far it has come; with the send lock held. */
void Link::noteProbe() {
  if (rateProbe_.isRunning() && rateProbe_.note(deliveredBytes(fd_), nowNs())) endProbe();
}

/** With the send lock held. */
void Link::endProbe() {
  if (!rateProbe_.isRunning()) return;
  Event event{Event::Kind::linkProbed};
  event.link = id;
  event.probe = rateProbe_.end();
  probeFilter_.end(nowNs());
  plane_.events().push(std::move(event));
}

}  // namespace vnet
