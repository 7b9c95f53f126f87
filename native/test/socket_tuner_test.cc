// The kernel's settings follow the path: short ones by CUBIC, slow ones with little waiting unsent;
// a rate that only tells how little was sent slows nothing down.
// sources: socket_tuner.cc
#include "../socket_tuner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "check.h"

using namespace vnet;

static constexpr uint64_t kMbit = 125'000;

static PathFigures path(uint32_t minRttUs, uint64_t rate, bool isRateOfSender = false) {
  return {minRttUs, rate, isRateOfSender};
}

static void byDistance() {
  CASE("by distance");
  SocketPlan plan;
  CHECK(plan.isLocal);
  plan = planSocket(plan, path(20'000, 0));
  CHECK(!plan.isLocal);
  plan = planSocket(plan, path(1'500, 0));  // in between: as it was
  CHECK(!plan.isLocal);
  plan = planSocket(plan, path(300, 0));
  CHECK(plan.isLocal);
  plan = planSocket(plan, path(1'500, 0));
  CHECK(plan.isLocal);
  plan = planSocket(plan, path(0, 0));  // not known
  CHECK(plan.isLocal);
}

static void byRate() {
  CASE("by rate");
  SocketPlan fast = planSocket({}, path(100, 8000 * kMbit));
  CHECK(fast.notSentBytes == 131072 && fast.batchBytes == 65536);
  // At 10 Mbit/s all that stands before a control message, the largest message that may follow a
  // batch included, is out within 100 ms.
  SocketPlan slow = planSocket({}, path(20'000, 10 * kMbit));
  CHECK(slow.notSentBytes == 16384 && slow.batchBytes == 16384);
  CHECK(static_cast<uint64_t>(slow.notSentBytes) + slow.batchBytes + 65'567 < 10 * kMbit / 10);
  SocketPlan middle = planSocket({}, path(20'000, 80 * kMbit));
  CHECK(middle.notSentBytes == 80'000 && middle.batchBytes == 40'000);
}

static void receiving() {
  CASE("receiving");
  SocketPlan near = planSocket({}, path(30, 0));
  CHECK(near.windowBytes >= 1048576 && near.windowBytes <= 1572864);
  SocketPlan far = planSocket({}, path(900, 0));  // room for 10 Gbit/s and what waits
  CHECK(far.windowBytes >= 1048576 + 900 * 1250 && far.windowBytes <= 3 * 1048576);
  CHECK(planSocket({}, path(0, 0)).windowBytes == 0);
  CHECK(planSocket(near, path(20'000, 0)).windowBytes == 0);
  CHECK(planSocket(planSocket({}, path(20'000, 0)), path(30, 0)).windowBytes == near.windowBytes);
}

static void idleSender() {
  CASE("idle sender");
  SocketPlan idle = planSocket({}, path(100, kMbit, true));
  CHECK(idle.notSentBytes == 131072 && idle.batchBytes == 65536);
  SocketPlan slow = planSocket({}, path(100, kMbit));
  SocketPlan same = planSocket(slow, path(100, kMbit / 2, true));
  CHECK(same.notSentBytes == slow.notSentBytes);
  SocketPlan faster = planSocket(slow, path(100, 8000 * kMbit, true));
  CHECK(faster.notSentBytes == 131072);
}

static std::string congestionOf(int fd) {
  char name[64] = {};
  socklen_t length = sizeof name - 1;
  CHECK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) == 0);
  return name;
}

static int windowOf(int fd) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  CHECK(getsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &bytes, &size) == 0);
  return bytes;
}

/** Bounded while the path is short, also after the kernel changed it; then given back. */
static void checkWindow(SocketTuner& tuner, int fd, int peer) {
  int bytes = windowOf(fd);
  CHECK(bytes >= 1048576 && bytes <= 2 * 1048576);
  setWindowBytes(fd, 8 * 1048576);
  CHECK(windowOf(fd) == 8 * 1048576);
  tuner.onTick(fd);
  CHECK(windowOf(fd) == 8 * 1048576);  // nothing has come: not looked at
  CHECK(send(peer, "x", 1, 0) == 1);
  pollfd ready{fd, POLLIN, 0};
  CHECK(poll(&ready, 1, 5000) == 1);
  tuner.onTick(fd);
  CHECK(windowOf(fd) == bytes);
  setWindowBytes(fd, 0);
  CHECK(windowOf(fd) > 512 * 1048576);
}

static void realSocket() {
  CASE("a real socket");
  int listener = makeSocket(AF_INET);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  CHECK(bind(listener, reinterpret_cast<sockaddr*>(&at), length) == 0);
  CHECK(listen(listener, 1) == 0);
  CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) == 0);
  int dialled = makeSocket(AF_INET);
  CHECK(connect(dialled, reinterpret_cast<sockaddr*>(&at), length) == 0 || errno == EINPROGRESS);
  pollfd ready{listener, POLLIN, 0};
  CHECK(poll(&ready, 1, 5000) == 1);
  int accepted = accept(listener, nullptr, nullptr);
  CHECK(accepted >= 0);
  CHECK(!systemCongestionControl().empty());
  for (int fd : {dialled, accepted}) {
    SocketTuner tuner;
    tuner.start(fd);
    tuner.onTick(fd);
    int notSent = 0;
    socklen_t size = sizeof notSent;
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &notSent, &size) == 0);
    CHECK(notSent == 131072 && tuner.batchBytes() == 65536);
    checkWindow(tuner, fd, fd == dialled ? accepted : dialled);
    // Every kernel has CUBIC or tells by keeping the system's own.
    CHECK(congestionOf(fd) == "cubic" || congestionOf(fd) == systemCongestionControl());
  }
  for (int fd : {dialled, accepted, listener}) close(fd);
}

int main() {
  byDistance();
  byRate();
  receiving();
  idleSender();
  realSocket();
  return 0;
}
