// A link's figures: of the kernel (tcp_info of tcp(7)), of keepalive and of its own queues.
#include "link_figures.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "link.h"

namespace vnet {

/** With the send lock held. */
void Link::tickFigures(uint64_t nowNs) {
  quietRtt_.traffic(traffic.rxBytes + traffic.txBytes, nowNs);
  bool isChosen = datagrams_ && datagrams_->isChosen();
  bool isQueueing = isChosen && datagrams_->isWaiting();
  datagramFigures_.tick(traffic.txBytes, isChosen, isQueueing, nowNs);
}

LinkFigures Link::figures() {
  uint64_t now = nowNs();
  std::lock_guard<std::mutex> guard(sendLock_);
  LinkFigures figures = allFigures(now);
  probeFilter_.apply(&figures, now);
  return figures;
}

/** Of probes, too; with the send lock held. */
LinkFigures Link::allFigures(uint64_t now) {
  LinkFigures figures;
  figures.id = id;
  figures.busyNs = datagramFigures_.busyNs;
  figures.waitingNs = datagramFigures_.waitingNs + waiting_.totalNs(now);
  figures.sentBytes = datagramFigures_.sentBytes;
  figures.receivedBytes = traffic.rxBytes;
  figures.queuedBytes = queue_.bytes() + controlBytes_ + sealed_.size() - sealedSent_;
  figures.jitterNs = keepaliveRtt_.deviationNs();
  uint64_t leastTcpNs = tuner_.figures().minRttNs, leastNs = keepaliveRtt_.minNs();
  if (leastNs == 0) leastNs = leastTcpNs;
  figures.minRttNs = leastNs == 0 ? 0 : quietRtt_.leastNs(leastNs, leastTcpNs, now);
  if (datagrams_) {
    figures.resentBytes = std::min(datagrams_->missedBytes(), figures.sentBytes);
    figures.queuedBytes += datagrams_->queuedBytes();
  }
  figures.deliveredBytes = figures.sentBytes - figures.resentBytes;
  tcp_info tcp{};
  socklen_t length = sizeof tcp;
  if (fd_ < 0 || getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &tcp, &length) != 0) return figures;
  figures.rttNs = tcp.tcpi_rtt * uint64_t{1000};
  if (datagrams_ && datagrams_->isChosen()) figures.rttNs = datagrams_->rttNs();
  figures.sentBytes += tcp.tcpi_bytes_sent;
  figures.resentBytes += tcp.tcpi_bytes_retrans;
  // The kernel counts the SYN as a byte.
  figures.deliveredBytes +=
      std::min(tcp.tcpi_bytes_acked, tcp.tcpi_bytes_sent - tcp.tcpi_bytes_retrans);
  figures.busyNs += tcp.tcpi_busy_time * 1000;
  figures.queuedBytes += tcp.tcpi_notsent_bytes;
  figures.deliveryRate = tcp.tcpi_delivery_rate;
  figures.isApplicationLimited = tcp.tcpi_delivery_rate_app_limited != 0;
  return figures;
}

}  // namespace vnet
