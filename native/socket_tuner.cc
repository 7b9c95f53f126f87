// See socket_tuner.h.
#include "socket_tuner.h"

#include "bench_switches.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace vnet {

static constexpr const char* kLocalCongestion = "cubic";
/** Two limits, so that a path in between does not make the choice swing. */
static constexpr uint32_t kLocalRttUs = 1000, kDistantRttUs = 2000;
/** 10 Gbit/s: what is under way on a short path does not count as waiting. */
static constexpr uint32_t kLocalBytesPerUs = 1250, kWindowStepBytes = 131072;
/** The most that TCP can offer (RFC 7323 section 2.3): no bound. */
static constexpr int kWindowBytesMax = 65535 << 14;
/** What waits unsent, in time: short of what a person or a control message would notice. */
static constexpr uint64_t kNotSentMs = 8;
static constexpr uint64_t kBatchMs = 4;
static constexpr uint64_t kNotSentBytesMin = 16384, kNotSentBytesMax = 131072;
static constexpr uint64_t kBatchBytesMin = 16384, kBatchBytesMax = 65536;

/** In steps, so that it seldom changes. */
static int windowBytesFor(uint32_t minRttUs) {
  uint32_t underWay = minRttUs * kLocalBytesPerUs;
  uint32_t steps = (underWay + kWindowStepBytes - 1) / kWindowStepBytes;
  return SocketPlan::kWindowBytesMin + static_cast<int>(steps * kWindowStepBytes);
}

SocketPlan planSocket(const SocketPlan& now, const PathFigures& path) {
  SocketPlan next = now;
  if (path.minRttUs > 0 && path.minRttUs < kLocalRttUs) next.isLocal = true;
  if (path.minRttUs > kDistantRttUs) next.isLocal = false;
  if (path.minRttUs > 0) next.windowBytes = next.isLocal ? windowBytesFor(path.minRttUs) : 0;
  if (path.deliveryRate == 0) return next;
  auto during = [&](uint64_t ms) { return path.deliveryRate / 1000 * ms; };
  uint64_t notSent = std::clamp(during(kNotSentMs), kNotSentBytesMin, kNotSentBytesMax);
  uint64_t batch = std::clamp(during(kBatchMs), kBatchBytesMin, kBatchBytesMax);
  // A rate that only says how little was sent must not slow down what comes next.
  if (path.isRateOfSender) {
    notSent = std::max(notSent, static_cast<uint64_t>(now.notSentBytes));
    batch = std::max(batch, static_cast<uint64_t>(now.batchBytes));
  }
  next.notSentBytes = static_cast<int>(notSent);
  next.batchBytes = batch;
  return next;
}

static std::string readSystemCongestionControl() {
  char name[64] = {};
  socklen_t length = sizeof name - 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) != 0) name[0] = 0;
  close(fd);
  return name;
}

const std::string& systemCongestionControl() {
  static const std::string name = readSystemCongestionControl();
  return name;
}

// A kernel without the algorithm keeps its own: a matter of speed only.
static void chooseCongestion(int fd, const std::string& name) {
  if (name.empty() || systemCongestionControl() == kLocalCongestion) return;
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size()));
}

static void setNotSent(int fd, int bytes) {
  if (kIsQueueShort) setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

void setWindowBytes(int fd, int bytes) {
  if (!kIsQueueShort) return;
  if (bytes == 0) bytes = kWindowBytesMax;
  setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &bytes, sizeof bytes);
}

// Before the connection, because the kernel does not end the pacing that BBR began.
int makeSocket(int family) {
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) chooseCongestion(fd, kLocalCongestion);
  return fd;
}

void SocketTuner::start(int fd) { setNotSent(fd, plan_.notSentBytes); }

void SocketTuner::onTick(int fd) {
  tcp_info tcp{};
  socklen_t length = sizeof tcp;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &length) != 0) return;
  PathFigures path;
  // The kernel says ~0 where it has no sample yet.
  path.minRttUs = tcp.tcpi_min_rtt == ~0u ? 0 : tcp.tcpi_min_rtt;
  // They are of 32 bits there, and go round.
  figures_.sent += tcp.tcpi_data_segs_out - static_cast<uint32_t>(figures_.sent);
  figures_.again += tcp.tcpi_total_retrans - static_cast<uint32_t>(figures_.again);
  figures_.minRttNs = path.minRttUs * uint64_t{1000};
  figures_.ackedBytes = tcp.tcpi_bytes_acked;
  // A device that is down takes nothing: what waits for it was never sent.
  figures_.isUnacked = tcp.tcpi_unacked > 0 || tcp.tcpi_notsent_bytes > 0;
  figures_.rttNs = tcp.tcpi_rtt * uint64_t{1000};
  path.deliveryRate = tcp.tcpi_delivery_rate;
  path.isRateOfSender = tcp.tcpi_delivery_rate_app_limited != 0;
  SocketPlan next = planSocket(plan_, path);
  if (next.notSentBytes != plan_.notSentBytes) setNotSent(fd, next.notSentBytes);
  // The kernel widens it again, but only where something arrives.
  bool hasReceived = tcp.tcpi_bytes_received != receivedBytes_;
  bool isBound = next.windowBytes > 0 || plan_.windowBytes > 0;
  if (isBound && (hasReceived || next.windowBytes != plan_.windowBytes)) {
    setWindowBytes(fd, next.windowBytes);
  }
  receivedBytes_ = tcp.tcpi_bytes_received;
  if (next.isLocal != plan_.isLocal) {
    chooseCongestion(fd, next.isLocal ? kLocalCongestion : systemCongestionControl());
  }
  plan_ = next;
}

}  // namespace vnet
