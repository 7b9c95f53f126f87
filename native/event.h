// What the data plane tells JavaScript. Workers put events into a bounded queue; addon.cc turns
// them into the PlaneEvent values of src/plane/plane.ts on the JavaScript thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common.h"
#include "rate_probe.h"

namespace vnet {

struct LinkSnapshot;

struct Event {
  enum class Kind {
    linkPending,
    linkClosed,
    linkTransport,
    linkProbed,
    linkStalled,
    linkResumed,
    control,
    refused,
    macLearned,
    macMoved,
    macFlapping,
    macExpired,
    portLoop,
    portState,
    frame,
  };
  explicit Event(Kind kind) : kind(kind) {}
  Kind kind;
  uint64_t mac = 0;
  uint32_t port = 0;       // 0: none
  uint32_t otherPort = 0;
  uint32_t link = 0;
  uint32_t fromLink = 0;
  uint32_t count = 0;
  const char* code = "";   // CloseCode, the state of a port, or the transport: "tcp", "udp"
  std::string text;        // reason, address
  std::string address;
  std::vector<uint8_t> bytes;
  std::shared_ptr<LinkSnapshot> snapshot;
  ProbeOutcome probe;
};

class EventQueue {
 public:
  /**
   * Bounds what a flood can cost while JavaScript is busy. Control messages have a share of their
   * own, so that a guest with a thousand MACs cannot cost a link.
   */
  static constexpr size_t kEventsMax = 65536;
  static constexpr size_t kBytesMax = 32 * 1048576;
  /** A thousand hosts report 14 MB a second of 200,000 pairs; a large change takes seconds. */
  static constexpr size_t kControlShareBytesMax = 128 * 1048576;

  /** `wake` is called (on any thread) when the queue stops being empty. */
  explicit EventQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

  /** False: full, the event is lost and counted. Link events are never lost. */
  bool push(Event event) {
    bool isLossy = !isOfLink(event.kind);
    bool isControl = event.kind == Event::Kind::control;
    {
      std::lock_guard<std::mutex> guard(lock_);
      Share& share = isControl ? control_ : others_;
      size_t bytes = event.bytes.size();
      size_t bytesMax = isControl ? kControlShareBytesMax : kBytesMax;
      if (isLossy && (share.events >= kEventsMax || share.bytes + bytes > bytesMax)) {
        lost_++;
        return false;
      }
      share.events++;
      share.bytes += bytes;
      events_.push_back(std::move(event));
      if (isWoken_) return true;
      isWoken_ = true;
    }
    wake_();
    return true;
  }

  std::deque<Event> take() {
    std::lock_guard<std::mutex> guard(lock_);
    isWoken_ = false;
    control_ = others_ = {};
    return std::exchange(events_, {});
  }

  uint64_t lost() {
    std::lock_guard<std::mutex> guard(lock_);
    return lost_;
  }

 private:
  static bool isOfLink(Event::Kind kind) {
    return kind == Event::Kind::linkPending || kind == Event::Kind::linkClosed ||
           kind == Event::Kind::linkStalled || kind == Event::Kind::linkResumed;
  }

  std::function<void()> wake_;
  std::mutex lock_;
  std::deque<Event> events_;
  struct Share {
    size_t events = 0, bytes = 0;
  };
  Share control_, others_;
  uint64_t lost_ = 0;
  bool isWoken_ = false;
};

}  // namespace vnet
