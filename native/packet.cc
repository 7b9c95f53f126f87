// A port on an existing interface: promiscuous capture and injection by a packet socket
// (packet(7)), so that remote guests appear on the user's LAN without any change to it. The filter
// is compiled by libpcap. The socket gives and takes virtio-net headers: what the machine's own
// stack or a virtual NIC left to hardware (checksums, segmentation) is described instead of lost.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "device.h"
#include "forwarder.h"
#include "gso.h"
#include "plane.h"
#include "port.h"

namespace vnet {

class PacketPort : public Port {
 public:
  PacketPort(Plane& plane, uint32_t id, const std::string& name, uint32_t stormLimit, int fd)
      : Port(plane, id, name, stormLimit), fd_(fd) {}
  ~PacketPort() override { close(fd_); }

  const char* kind() const override { return "pcap"; }
  bool write(const FrameView& view, uint8_t* segmentScratch) override;
  void attach(Worker& worker) override { worker.add(fd_, shared_from_this(), EPOLLIN); }
  void detach(Worker& worker) override { worker.remove(fd_); }
  void onReady(uint32_t events, Worker& worker) override;
  void onTick(uint64_t nowMs, Worker& worker) override;

 private:
  int fd_;

  ssize_t receiveOne(uint8_t* at);
  bool writeWith(const uint8_t* vnet, const uint8_t* frame, size_t length);
};

void PacketPort::onReady(uint32_t, Worker& worker) {
  Forwarder forwarder(plane_, worker, *this);
  uint8_t* start = worker.plainBuffer();
  uint8_t* end = start + Worker::kPlainBytes - kMessageBytesMax;
  int dropped = 0;
  for (uint8_t* at = start; at < end;) {
    ssize_t n = receiveOne(at + kHeaderBytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) {
      // ENETDOWN comes once when the interface goes down; it works again when it is up.
      if (errno == ENETDOWN) continue;
      goDown(strerror(errno));
      return worker.remove(fd_);
    }
    if (static_cast<size_t>(n) < kVnetHeaderBytes || isBlocked(worker.turnMs)) {
      drops.add(isBlocked(worker.turnMs) ? Drop::loop : Drop::malformed);
      if (++dropped == kDropsPerTurn) return;
      continue;
    }
    FrameView view{at, at + kHeaderBytes, at + kHeaderBytes + kVnetHeaderBytes,
                   static_cast<size_t>(n) - kVnetHeaderBytes};
    if (!validVnetHeader(VnetHeader::parse(view.vnet), view.frame, view.length)) {
      drops.add(Drop::malformed);
      if (++dropped == kDropsPerTurn) return;
      continue;
    }
    forwarder.fromPort(view);
    at += view.wireLength();
  }
}

/** The kernel unbinds the socket from an interface that is removed, without a word. */
void PacketPort::onTick(uint64_t, Worker& worker) {
  sockaddr_ll address{};
  socklen_t length = sizeof address;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return;
  if (address.sll_ifindex > 0) return;
  goDown("the device was removed");
  worker.remove(fd_);
}

/** The kernel takes a VLAN tag out of the frame and tells it beside; here it is put back. */
static ssize_t restoreVlan(msghdr& message, uint8_t* vnet, ssize_t n) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata aux;
    memcpy(&aux, CMSG_DATA(c), sizeof aux);
    if (!(aux.tp_status & TP_STATUS_VLAN_VALID)) return n;
    uint16_t tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : 0x8100;
    uint8_t* frame = vnet + kVnetHeaderBytes;
    memmove(frame + 16, frame + 12, static_cast<size_t>(n) - kVnetHeaderBytes - 12);
    const uint8_t tag[4] = {static_cast<uint8_t>(tpid >> 8), static_cast<uint8_t>(tpid),
                            static_cast<uint8_t>(aux.tp_vlan_tci >> 8),
                            static_cast<uint8_t>(aux.tp_vlan_tci)};
    memcpy(frame + 12, tag, 4);
    VnetHeader offload = VnetHeader::parse(vnet);
    if (offload.csumStart >= 14) offload.csumStart += 4;
    if (offload.hdrLen > 0) offload.hdrLen += 4;
    offload.serialise(vnet);
    return n + 4;
  }
  return n;
}

ssize_t PacketPort::receiveOne(uint8_t* at) {
  iovec part{at, kVnetHeaderBytes + kFrameBytesMax - 4};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = recvmsg(fd_, &message, MSG_DONTWAIT);
  if (n < static_cast<ssize_t>(kVnetHeaderBytes + kFrameBytesMin)) return n;
  return restoreVlan(message, at, n);
}

bool PacketPort::write(const FrameView& view, uint8_t* segmentScratch) {
  static const uint8_t noOffload[kVnetHeaderBytes] = {};
  if (!view.vnet) return writeWith(noOffload, view.frame, view.length);
  if (writeWith(view.vnet, view.frame, view.length)) return true;
  if (errno != EINVAL && errno != EMSGSIZE) return false;
  // A super-frame that this device does not segment: do it here.
  bool isWritten = true;
  bool isWellFormed = segment(VnetHeader::parse(view.vnet), view.frame, view.length, segmentScratch,
                              [&](uint8_t* frame, size_t length) {
                                isWritten = writeWith(noOffload, frame, length) && isWritten;
                              });
  return isWellFormed && isWritten;
}

bool PacketPort::writeWith(const uint8_t* vnet, const uint8_t* frame, size_t length) {
  iovec parts[2] = {{const_cast<uint8_t*>(vnet), kVnetHeaderBytes},
                    {const_cast<uint8_t*>(frame), length}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t n = sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return n == static_cast<ssize_t>(kVnetHeaderBytes + length);
}

static std::string attachFilter(int fd, const std::string& expression) {
  if (expression.empty()) return "";
  pcap_t* compiler = pcap_open_dead(DLT_EN10MB, 262144);
  bpf_program program;
  std::string error;
  if (pcap_compile(compiler, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    error = "filter '" + expression + "': " + pcap_geterr(compiler);
  } else {
    // libpcap's and the kernel's instruction have the same layout.
    sock_fprog filter{static_cast<unsigned short>(program.bf_len),
                      reinterpret_cast<sock_filter*>(program.bf_insns)};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
      error = errnoText("cannot attach filter", expression);
    }
    pcap_freecode(&program);
  }
  pcap_close(compiler);
  return error;
}

static std::string configure(int fd, const PacketOptions& options, int index) {
  int on = 1;
  packet_mreq membership{};
  membership.mr_ifindex = index;
  membership.mr_type = PACKET_MR_PROMISC;
  const std::string& device = options.device;
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) {
    return errnoText("no virtio-net headers on", device);
  }
  if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0) {
    return errnoText("no VLAN data on", device);
  }
  // What this machine itself sends there, the frames injected here among it, stays out.
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    return errnoText("cannot ignore outgoing frames on", device);
  }
  std::string error = attachFilter(fd, options.filter);
  if (!error.empty()) return error;
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0) {
    return errnoText("cannot capture promiscuously on", device);
  }
  int bufferBytes = 4 * 1048576;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bufferBytes, sizeof bufferBytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return errnoText("cannot bind to", device);
  }
  return "";
}

std::shared_ptr<Port> openPacket(Plane& plane, uint32_t id, const std::string& name,
                                 uint32_t stormLimit, const PacketOptions& options,
                                 std::string* error) {
  int index = 0, mtu = 1500;
  uint64_t mac = 0;
  *error = getIndex(options.device, &index);
  if (error->empty()) *error = getMtu(options.device, &mtu);
  if (error->empty()) *error = getMac(options.device, &mac);
  if (!error->empty()) return nullptr;
  // Protocol 0: nothing is received until the filter is in place and bind() names the protocol.
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    *error = errnoText("cannot open a packet socket for", options.device);
    return nullptr;
  }
  auto port = std::make_shared<PacketPort>(plane, id, name, stormLimit, fd);
  *error = configure(fd, options, index);
  port->device = options.device;
  port->mac = mac;
  port->mtu = mtu;
  port->isOffloaded = true;
  return error->empty() ? port : nullptr;
}

}  // namespace vnet
