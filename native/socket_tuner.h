// How the kernel shall treat a link's TCP connection, by what the path is like (tcp_info of tcp(7),
// at every tick): which congestion control, and how much may wait in the sockets of both ends,
// where no control message and no lighter flow can overtake it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vnet {

/** What of struct tcp_info counts. */
struct PathFigures {
  uint32_t minRttUs = 0;            // 0: not known yet
  uint64_t deliveryRate = 0;        // bytes/s; 0: not known yet
  bool isRateOfSender = false;      // too little was sent to learn what the path can do
};

/** What the connection has seen so far, as of the last tick. */
struct SegmentFigures {
  uint64_t ackedBytes = 0;  // that the peer's kernel has, without gaps
  bool isUnacked = false;   // there are more, sent or not
  uint64_t rttNs = 0;       // smoothed; 0: not known
  uint64_t sent = 0;      // segments with data, those that were sent again included
  uint64_t again = 0;     // how many these were
  uint64_t minRttNs = 0;  // of minutes (tcp_min_rtt_wlen of the kernel's ip-sysctl); 0: not known
};

struct SocketPlan {
  static constexpr int kWindowBytesMin = 1048576;
  /**
   * On a short path CUBIC (RFC 9438) rather than the system's choice: BBR paces by timers, which
   * halves the throughput of a path of 30 µs and lets a queue stand at its receiver.
   */
  bool isLocal = true;
  /** TCP_NOTSENT_LOWAT, bytes. */
  int notSentBytes = 131072;
  /** Taken from the queue at once, bytes; one message at least. */
  size_t batchBytes = 65536;
  /**
   * TCP_WINDOW_CLAMP, bytes; 0: the kernel's own choice, also while the path is not known. On a
   * short path the kernel makes room for tens of megabytes once this program was late. They would
   * then stand there on each link, instead of in the sender's fair queue, and have left the cache
   * when they are read. Not SO_RCVBUF: that bounds the memory behind the bytes, too, and where
   * they lie in small pieces the kernel throws away what it had offered room for. They come again
   * after 200 ms only.
   */
  int windowBytes = 0;
};

/** The next plan; `now` is the one that holds. Pure. */
SocketPlan planSocket(const SocketPlan& now, const PathFigures& path);

/** A TCP socket that does not block, with CUBIC, for connect() or listen(). -1: see errno. */
int makeSocket(int family);

/**
 * Bounds what may wait unread in a connected socket; 0: what the kernel finds right. The kernel
 * goes beyond it each time that it makes more room: to be set again now and then.
 */
void setWindowBytes(int fd, int bytes);

/** Carries plans out on one connected socket. Of one thread. */
class SocketTuner {
 public:
  void start(int fd);
  void onTick(int fd);
  size_t batchBytes() const { return plan_.batchBytes; }
  const SegmentFigures& figures() const { return figures_; }

 private:
  SocketPlan plan_;
  SegmentFigures figures_;
  uint64_t receivedBytes_ = 0;  // at the last tick
};

/** The congestion control that new sockets get, such as `cubic` or `bbr`. */
const std::string& systemCongestionControl();

}  // namespace vnet
