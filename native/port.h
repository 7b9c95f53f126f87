// Where frames enter and leave the daemon locally: a TAP device, an existing interface (captured
// and injected into), or the program itself. A port reads on its worker's thread and may be written
// to from any.
#pragma once

#include <memory>
#include <string>

#include "capture.h"
#include "common.h"
#include "frame.h"
#include "frame_view.h"
#include "guards.h"
#include "switch.h"
#include "worker.h"

namespace vnet {

class Plane;

enum class PortState : uint8_t { up, down, blockedLoop };

class Port : public Handler, public std::enable_shared_from_this<Port> {
 public:
  Port(Plane& plane, uint32_t id, std::string name, uint32_t stormLimit)
      : id(id), name(std::move(name)), storm(stormLimit), plane_(plane) {}

  virtual const char* kind() const = 0;
  /** Sends a frame out of the overlay; false: the device refused it. Any thread. */
  virtual bool write(const FrameView& view, uint8_t* segmentScratch) = 0;
  /** Begins and ends reading; on the worker's thread. */
  virtual void attach(Worker& worker) = 0;
  virtual void detach(Worker& worker) = 0;

  Ingress ingress() { return {{Location::Kind::port, id}, false, &storm, &floods}; }

  /** Blocks the port for kBlockMs: its flood came back, through `other` (0: not known). */
  void blockForLoop(uint32_t other, uint64_t nowMs);
  void setLoopWith(uint32_t other) { loopWith_ = other; }
  bool isBlocked(uint64_t nowMs) const {
    return nowMs < blockedUntilMs_.load(std::memory_order_relaxed);
  }
  PortState state(uint64_t nowMs) const;
  uint32_t loopWith() const { return loopWith_; }

  const uint32_t id;
  const std::string name;
  std::string device;
  uint64_t mac = 0;  // of the device; 0: none
  std::atomic<int> mtu{1500};
  bool isOffloaded = false;
  StormGuard storm;
  FloodMemory floods;
  TrafficCounters traffic;
  DropCounters drops;
  std::atomic<bool> isDown{false};
  uint32_t workerIndex = 0;

  CaptureSlot capture;

 protected:
  Plane& plane_;
  static constexpr uint64_t kBlockMs = 10000;
  /** Dropped unread in one turn at most: the others of the worker get theirs, and the clock. */
  static constexpr int kDropsPerTurn = 256;

  /** Marks the port down and tells; on the worker's thread. */
  void goDown(const std::string& reason);

 private:
  std::atomic<uint64_t> blockedUntilMs_{0};
  std::atomic<uint32_t> loopWith_{0};
};

struct TapOptions {
  std::string device;
  std::string netns;  // empty: this one
  int mtu = 0;        // 0: as it is
  uint64_t mac = 0;   // 0: as it is
  int64_t owner = -1;
  bool isPersistent = false;
  bool isOffloaded = true;
};

struct PacketOptions {
  std::string device;
  std::string filter;  // pcap-filter(7); empty: all
};

/** Each returns null on failure, with the reason in `error`. */
std::shared_ptr<Port> openTap(Plane& plane, uint32_t id, const std::string& name,
                              uint32_t stormLimit, const TapOptions& options, std::string* error);
std::shared_ptr<Port> openPacket(Plane& plane, uint32_t id, const std::string& name,
                                 uint32_t stormLimit, const PacketOptions& options,
                                 std::string* error);

/** Frames from and to the program. */
class MemoryPort : public Port {
 public:
  using Port::Port;
  const char* kind() const override { return "memory"; }
  bool write(const FrameView& view, uint8_t* segmentScratch) override;
  void attach(Worker&) override {}
  void detach(Worker&) override {}
  void onReady(uint32_t, Worker&) override {}
  /** On the worker's thread. */
  void inject(const std::vector<uint8_t>& frame, Worker& worker);
};

}  // namespace vnet
