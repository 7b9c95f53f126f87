// A port on a TAP device (Documentation/networking/tuntap.rst), with a virtio-net header in front
// of each frame, so that the guest's kernel hands over super-frames of up to 64 KB and leaves
// checksums to whoever needs them. Frames are read one behind the other, each with room for its
// message header, so that a run of them can be sealed where it lies.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "device.h"
#include "forwarder.h"
#include "gso.h"
#include "plane.h"
#include "port.h"
#include "udp_merger.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

namespace vnet {

// Frames in the device between the guest's stack and this program. Longer adds latency under load
// (a standing queue), shorter loses bursts of small frames.
static constexpr int kTxQueueFrames = 500;

static constexpr ptrdiff_t kStretchBytes = 65536;
static_assert(kStretchBytes + kMessageBytesMax <= Worker::kPlainBytes);

class TapPort : public Port {
 public:
  TapPort(Plane& plane, uint32_t id, const std::string& name, uint32_t stormLimit, int fd)
      : Port(plane, id, name, stormLimit), fd_(fd) {}
  ~TapPort() override { close(fd_); }

  const char* kind() const override { return "tap"; }
  bool write(const FrameView& view, uint8_t* segmentScratch) override;
  void attach(Worker& worker) override { worker.add(fd_, shared_from_this(), EPOLLIN); }
  void detach(Worker& worker) override { worker.remove(fd_); }
  void onReady(uint32_t events, Worker& worker) override;
  /** Agrees with the kernel on what it takes; an error, empty on success. Before any frame. */
  std::string enableOffloads();

 private:
  int fd_;
  Offloads offloads_;  // what the kernel takes from here

  bool writePlain(const uint8_t* frame, size_t length);
};

// Frames lie one behind the other until there is a batch for a link; then the same memory, which is
// in the cache by now, takes the next ones.
void TapPort::onReady(uint32_t, Worker& worker) {
  Forwarder forwarder(plane_, worker, *this);
  LookAhead line(forwarder);
  UdpMerger merger;
  uint8_t* start = worker.plainBuffer();
  uint8_t* at = start;
  size_t vnetBytes = isOffloaded ? kVnetHeaderBytes : 0, turn = 0;
  int dropped = 0;
  auto forwardAll = [&] {
    if (merger.isHolding()) line.add(merger.release());
    line.finish();
    forwarder.flushRun();
    turn += static_cast<size_t>(at - start);
    at = start;
  };
  while (turn < Worker::kTurnBytes && dropped < kDropsPerTurn) {
    if (at - start >= kStretchBytes) forwardAll();
    ssize_t n = read(fd_, at + kHeaderBytes, vnetBytes + kFrameBytesMax);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (n <= 0) {
      goDown(n < 0 ? strerror(errno) : "the device was removed");
      worker.remove(fd_);
      break;
    }
    if (isBlocked(worker.turnMs)) {
      drops.add(Drop::loop);
      dropped++;
      continue;
    }
    FrameView view{at, nullptr, at + kHeaderBytes + vnetBytes, static_cast<size_t>(n) - vnetBytes};
    if (isOffloaded) view.vnet = at + kHeaderBytes;
    if (!merger.append(view)) {
      if (merger.isHolding()) line.add(merger.release());
      merger.hold(view);
    }
    at = merger.end();
  }
  forwardAll();
}

bool TapPort::write(const FrameView& view, uint8_t* segmentScratch) {
  if (!view.vnet) return writePlain(view.frame, view.length);
  VnetHeader header = VnetHeader::parse(view.vnet);
  if (offloads_.take(header)) {
    size_t length = kVnetHeaderBytes + view.length;
    return ::write(fd_, view.vnet, length) == static_cast<ssize_t>(length);
  }
  bool isWritten = true;
  bool isWellFormed = segment(header, view.frame, view.length, segmentScratch,
                              [&](uint8_t* frame, size_t length) {
                                isWritten = writePlain(frame, length) && isWritten;
                              });
  return isWellFormed && isWritten;
}

bool TapPort::writePlain(const uint8_t* frame, size_t length) {
  static const uint8_t noOffload[kVnetHeaderBytes] = {};
  iovec parts[2] = {{const_cast<uint8_t*>(noOffload), isOffloaded ? kVnetHeaderBytes : 0},
                    {const_cast<uint8_t*>(frame), length}};
  return writev(fd_, parts, 2) == static_cast<ssize_t>(parts[0].iov_len + length);
}

std::string TapPort::enableOffloads() {
  unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  unsigned udp = TUN_F_USO4 | TUN_F_USO6;
  int isLittleEndian = 1, headerBytes = kVnetHeaderBytes;
  ioctl(fd_, TUNSETVNETLE, &isLittleEndian);
  bool hasHeader = ioctl(fd_, TUNSETVNETHDRSZ, &headerBytes) == 0;
  offloads_.datagrams = hasHeader && ioctl(fd_, TUNSETOFFLOAD, tcp | udp) == 0;
  offloads_.frames = offloads_.datagrams || (hasHeader && ioctl(fd_, TUNSETOFFLOAD, tcp) == 0);
  isOffloaded = offloads_.frames;
  return isOffloaded ? "" : errnoText("cannot turn on offloads of", device);
}

static std::string configure(int fd, const TapOptions& options) {
  const std::string& device = options.device;
  if (ioctl(fd, TUNSETPERSIST, options.isPersistent ? 1 : 0) != 0) {
    return errnoText("cannot set persistence of", device);
  }
  if (options.owner >= 0 && ioctl(fd, TUNSETOWNER, options.owner) != 0) {
    return errnoText("cannot set the owner of", device);
  }
  std::string error;
  if (options.mac != 0) error = setMac(device, options.mac);
  if (error.empty() && options.mtu != 0) error = setMtu(device, options.mtu);
  if (error.empty()) error = setTxQueueLength(device, kTxQueueFrames);
  if (error.empty()) error = setUp(device);
  return error;
}

std::shared_ptr<Port> openTap(Plane& plane, uint32_t id, const std::string& name,
                              uint32_t stormLimit, const TapOptions& options, std::string* error) {
  if (options.device.empty() || options.device.size() >= IFNAMSIZ) {
    *error = "'" + options.device + "' is no device name";
    return nullptr;
  }
  NetnsScope scope(options.netns);
  *error = scope.error();
  if (!error->empty()) return nullptr;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    *error = errnoText("cannot open", "/dev/net/tun");
    return nullptr;
  }
  ifreq request{};
  memcpy(request.ifr_name, options.device.c_str(), options.device.size());
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI);
  if (options.isOffloaded) request.ifr_flags |= IFF_VNET_HDR;
  if (ioctl(fd, TUNSETIFF, &request) != 0) {
    *error = errno == EBUSY ? "'" + options.device + "' is in use by another program"
                            : errnoText("cannot attach to", options.device);
    close(fd);
    return nullptr;
  }
  auto port = std::make_shared<TapPort>(plane, id, name, stormLimit, fd);
  port->device = options.device;
  if (options.isOffloaded) *error = port->enableOffloads();
  if (error->empty()) *error = configure(fd, options);
  int mtu = 1500;
  if (error->empty()) *error = getMtu(options.device, &mtu);
  if (error->empty()) *error = getMac(options.device, &port->mac);
  port->mtu = mtu;
  return error->empty() ? port : nullptr;
}

}  // namespace vnet
