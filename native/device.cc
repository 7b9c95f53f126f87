// ioctl(2) on network devices (netdevice(7)) and setns(2).
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vnet {

std::string errnoText(const char* what, const std::string& device) {
  return std::string(what) + " '" + device + "': " + strerror(errno);
}

NetnsScope::NetnsScope(const std::string& path) {
  if (path.empty()) return;
  int target = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (target < 0) {
    error_ = errnoText("cannot open network namespace", path);
    return;
  }
  before_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (before_ < 0 || setns(target, CLONE_NEWNET) != 0) {
    error_ = errnoText("cannot enter network namespace", path);
    if (before_ >= 0) close(before_);
    before_ = -1;
  }
  close(target);
}

NetnsScope::~NetnsScope() {
  if (before_ < 0) return;
  if (setns(before_, CLONE_NEWNET) != 0) abort();  // going on in a foreign namespace is worse
  close(before_);
}

template <class Change>
static std::string request(const std::string& device, unsigned long code, const char* what,
                           Change change) {
  if (device.empty() || device.size() >= IFNAMSIZ) return "'" + device + "' is no device name";
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errnoText("socket for", device);
  ifreq call{};
  memcpy(call.ifr_name, device.c_str(), device.size());
  change(call, true);
  std::string error;
  if (ioctl(fd, code, &call) != 0) {
    error = errnoText(what, device);
  } else {
    change(call, false);
  }
  close(fd);
  return error;
}

std::string setMtu(const std::string& device, int mtu) {
  return request(device, SIOCSIFMTU, "cannot set the MTU of", [&](ifreq& call, bool isBefore) {
    if (isBefore) call.ifr_mtu = mtu;
  });
}

std::string getMtu(const std::string& device, int* mtu) {
  return request(device, SIOCGIFMTU, "cannot read the MTU of", [&](ifreq& call, bool isBefore) {
    if (!isBefore) *mtu = call.ifr_mtu;
  });
}

std::string setMac(const std::string& device, uint64_t mac) {
  return request(device, SIOCSIFHWADDR, "cannot set the MAC of", [&](ifreq& call, bool isBefore) {
    if (!isBefore) return;
    call.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    for (int i = 0; i < 6; i++) {
      call.ifr_hwaddr.sa_data[i] = static_cast<char>(mac >> (8 * (5 - i)));
    }
  });
}

std::string getMac(const std::string& device, uint64_t* mac) {
  return request(device, SIOCGIFHWADDR, "cannot read the MAC of", [&](ifreq& call, bool isBefore) {
    if (isBefore) return;
    *mac = 0;
    for (int i = 0; i < 6; i++) *mac = *mac << 8 | static_cast<uint8_t>(call.ifr_hwaddr.sa_data[i]);
  });
}

std::string setUp(const std::string& device) {
  short flags = 0;
  std::string error =
      request(device, SIOCGIFFLAGS, "cannot read the flags of", [&](ifreq& call, bool isBefore) {
        if (!isBefore) flags = call.ifr_flags;
      });
  if (!error.empty() || (flags & IFF_UP)) return error;
  return request(device, SIOCSIFFLAGS, "cannot bring up", [&](ifreq& call, bool isBefore) {
    if (isBefore) call.ifr_flags = static_cast<short>(flags | IFF_UP);
  });
}

// By rtnetlink(7): the ioctl asks for the capability in the machine's first user namespace, this
// for that of the namespace which the device is in.
std::string setTxQueueLength(const std::string& device, int frames) {
  if (device.empty() || device.size() >= IFNAMSIZ) return "'" + device + "' is no device name";
  struct {
    nlmsghdr header;
    ifinfomsg link;
    rtattr nameHead;
    char name[IFNAMSIZ];
    rtattr lengthHead;
    uint32_t length;
  } ask{};
  static_assert(sizeof(ask) == NLMSG_LENGTH(sizeof(ifinfomsg)) + RTA_LENGTH(IFNAMSIZ) +
                                   RTA_LENGTH(sizeof(uint32_t)));
  ask.header = {sizeof(ask), RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
  ask.nameHead = {RTA_LENGTH(IFNAMSIZ), IFLA_IFNAME};
  memcpy(ask.name, device.c_str(), device.size());
  ask.lengthHead = {RTA_LENGTH(sizeof(uint32_t)), IFLA_TXQLEN};
  ask.length = static_cast<uint32_t>(frames);

  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return errnoText("socket for", device);
  alignas(nlmsghdr) char answer[512];
  bool isAnswered = send(fd, &ask, sizeof(ask), 0) == static_cast<ssize_t>(sizeof(ask)) &&
                    recv(fd, answer, sizeof(answer), 0) >=
                        static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)));
  int failure = errno;
  close(fd);
  if (isAnswered) {
    auto* verdict = reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(answer));
    failure = -verdict->error;
  }
  if (isAnswered && failure == 0) return "";
  errno = failure;
  return errnoText("cannot set the queue of", device);
}

std::string getIndex(const std::string& device, int* index) {
  return request(device, SIOCGIFINDEX, "no device", [&](ifreq& call, bool isBefore) {
    if (!isBefore) *index = call.ifr_ifindex;
  });
}

}  // namespace vnet
