// The decision about a frame (design section 2), without devices: who sent it, from where, where it
// goes, or by what name it is dropped. Exactly one rule fires for a unicast frame, most specific
// first: (src,dst) rule > dst rule > known location > default (host: star link; proxy: flood).
#pragma once

#include "common.h"
#include "guards.h"
#include "mac_table.h"
#include "rule_table.h"

namespace vnet {

/** Where a frame came in. */
struct Ingress {
  Location from;
  bool isStar = false;  // of a link
  StormGuard* storm = nullptr;
  FloodMemory* floods = nullptr;  // of a port
};

struct Verdict {
  enum class Kind : uint8_t {
    drop,
    port,
    link,
    flood,       // star links and ports, but not where it came from
    floodPorts,  // ports only: a host never floods from link to link
    loop,        // its own flood came back: dropped, and the plane is told
  };
  Kind kind = Kind::drop;
  Drop reason = Drop::none;
  uint32_t id = 0;                     // of the port or link; loop: the other port
  RuleCounters* counters = nullptr;    // of the rule that fired
};

/** What the switch tells and asks its owner. Called on worker threads. */
class SwitchHost {
 public:
  virtual ~SwitchHost() = default;
  virtual void macLearned(uint64_t mac, uint32_t port) = 0;
  virtual void macMoved(uint64_t mac, Location from, uint32_t toLink) = 0;
  virtual void macFlapping(uint64_t mac, uint32_t moves) = 0;
  /** A rule to a link that is not usable does not fire. */
  virtual bool isLinkUsable(uint32_t link) = 0;
  /** The host's star link; false if it is down. */
  virtual bool starLink(uint32_t* link) = 0;
};

class Switch {
 public:
  Switch(bool isProxy, uint64_t macAgeMs, SwitchHost& host)
      : isProxy_(isProxy), host_(host), macs_(macAgeMs) {}

  Verdict fromPort(const Ingress& in, const uint8_t* frame, size_t length, uint64_t nowMs);
  Verdict fromLink(const Ingress& in, const uint8_t* frame, size_t length, uint8_t hops,
                   uint64_t nowMs);

  /** Fetches what the decision about a frame, of kFrameBytesMin or more, will need. */
  void expect(const uint8_t* frame) const {
    uint64_t source = macKey(frame + 6), destination = macKey(frame);
    macs_.expect(source);
    if (isGroupMac(frame)) return;
    if (rules_.hasPairRules()) rules_.expect(destination, source);
    if (rules_.hasDestinationRules()) rules_.expect(destination, RuleTable::kAnySource);
    macs_.expect(destination);
  }

  /** A host announced `mac`; wins over what was learned, but damping holds for it too. */
  void setOwner(uint64_t mac, uint32_t link, uint64_t nowMs);
  /** `from` of kind none: from nowhere here but star links; kAnyPort: from these and all ports. */
  void setPin(uint64_t mac, Location from);
  void removePin(uint64_t mac);

  MacTable& macs() { return macs_; }
  RuleTable& rules() { return rules_; }
  /** Frames whose MAC or pair found no place in a table. */
  std::atomic<uint64_t> tableFull{0};

 private:
  bool isProxy_;
  SwitchHost& host_;
  MacTable macs_;
  RuleTable rules_;
  SpinLock pinLock_;
  FlatMap<uint64_t, Location, MacHash> pins_;
  std::atomic<size_t> pinCount_{0};

  bool isSpoofed(const Ingress& in, uint64_t source);
  void learnFromPort(uint64_t source, const Ingress& in, uint64_t nowMs);
  void learnFromLink(uint64_t source, const Ingress& in, uint64_t nowMs);
  bool ruleFor(const Ingress& in, uint64_t source, uint64_t destination, Verdict* verdict);
  bool tryRule(const Ingress& in, uint64_t destination, uint64_t source, Verdict* verdict);
  Verdict unknownDestination(const Ingress& in, uint64_t nowMs);
  Verdict group(const Ingress& in, uint64_t nowMs);
};

}  // namespace vnet
