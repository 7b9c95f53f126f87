// The door between Node and the data plane. Arguments are validated in src/native/native-plane.ts;
// here they are only converted (addon_values.h). Exported: class NativePlane, sdNotify() and
// trimMemory(). An environment that ends (exit, worker thread) closes its planes first.
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "addon_values.h"
#include "exit_guard.h"
#include "notify.h"

using namespace vnet::js;

namespace {

using Napi::CallbackInfo;
using Napi::String;
using vnet::kDropCount;
using vnet::LinkRole;

class NativePlane : public Napi::ObjectWrap<NativePlane> {
 public:
  static void Export(JsEnv env, JsObject exports);
  explicit NativePlane(const CallbackInfo& info);
  ~NativePlane() override { shutDown(); }

 private:
  std::unique_ptr<vnet::Plane> plane_;
  Napi::ThreadSafeFunction wake_;
  Napi::FunctionReference onEvents_;
  bool isOpen_ = false;
  std::unique_ptr<vnet::ExitGuard> exitGuard_;

  static void atExit(void* self) { static_cast<NativePlane*>(self)->shutDown(); }

  /** Joins the threads: nothing calls into JavaScript after this. */
  void shutDown() {
    if (!std::exchange(isOpen_, false)) return;
    napi_remove_env_cleanup_hook(Env(), atExit, this);
    exitGuard_.reset();
    plane_->close();
    wake_.Abort();  // calls that wait would come when JavaScript cannot be called any more
  }

  void drainEvents(JsEnv env) {
    Napi::HandleScope scope(env);
    auto events = plane_->events().take();
    Napi::Array array = Napi::Array::New(env, events.size());
    uint32_t i = 0;
    for (auto& event : events) array.Set(i++, eventObject(env, event));
    if (i > 0) onEvents_.Call({array});
  }

  /** Null, or what went wrong. */
  static JsValue failure(JsEnv env, const std::string& error) { return textOrNull(env, error); }

  JsValue setCredentials(const CallbackInfo& info) {
    return failure(info.Env(), plane_->setCredentials(info[0].ToString(), info[1].ToString(),
                                                      info[2].ToString()));
  }

  /** The port and why there is no UDP, or text: what went wrong. */
  JsValue listen(const CallbackInfo& info) {
    uint16_t actual = 0;
    uint32_t port = info[1].ToNumber();
    std::string datagramError;
    std::string error = plane_->listen(info[0].ToString(), static_cast<uint16_t>(port), &actual,
                                       &datagramError);
    if (!error.empty()) return String::New(info.Env(), error);
    JsObject listening = JsObject::New(info.Env());
    listening.Set("port", number(info.Env(), actual));
    listening.Set("datagramError", textOrNull(info.Env(), datagramError));
    return listening;
  }

  JsValue dial(const CallbackInfo& info) {
    uint32_t link = 0, port = info[1].ToNumber();
    std::string error = plane_->dial(info[0].ToString(), static_cast<uint16_t>(port), &link);
    if (!error.empty()) return String::New(info.Env(), error);
    return number(info.Env(), link);
  }

  JsValue admit(const CallbackInfo& info) {
    LinkRole role = info[1].ToString().Utf8Value() == "star" ? LinkRole::star : LinkRole::fastPath;
    return Napi::Boolean::New(info.Env(),
                              plane_->admit(info[0].ToNumber(), role, info[2].ToString(),
                                            transportPolicyOf(info[3])));
  }

  JsValue closeLink(const CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(),
                              plane_->closeLink(info[0].ToNumber(), info[1].ToString()));
  }

  /** (link, bytesMax, durationMsMax) */
  JsValue probeLink(const CallbackInfo& info) {
    auto link = plane_->findLink(info[0].ToNumber());
    vnet::ProbeLimits limits;
    limits.bytesMax = static_cast<uint64_t>(info[1].ToNumber().Int64Value());
    limits.durationNsMax = static_cast<uint64_t>(info[2].ToNumber().Int64Value()) * 1000000;
    return Napi::Boolean::New(info.Env(), link && link->probe(limits));
  }

  JsValue sendControl(const CallbackInfo& info) {
    auto link = plane_->findLink(info[0].ToNumber());
    auto message = info[1].As<Napi::Uint8Array>();
    bool isQueued = link && link->sendControl(message.Data(), message.ByteLength());
    return Napi::Boolean::New(info.Env(), isQueued);
  }

  JsValue portOrError(JsEnv env, const std::string& error, uint32_t id) {
    if (!error.empty()) return String::New(env, error);
    return portObject(env, *plane_, *plane_->findPort(id));
  }

  JsValue addTap(const CallbackInfo& info) {
    JsObject given = info[1].As<JsObject>();
    vnet::TapOptions options;
    options.device = given.Get("device").ToString();
    if (given.Has("netns")) options.netns = given.Get("netns").ToString();
    if (given.Has("mtu")) options.mtu = given.Get("mtu").ToNumber();
    if (given.Has("mac")) options.mac = macOf(given.Get("mac"));
    if (given.Has("owner")) options.owner = given.Get("owner").ToNumber().Int64Value();
    if (given.Has("isPersistent")) options.isPersistent = given.Get("isPersistent").ToBoolean();
    if (given.Has("isOffloaded")) options.isOffloaded = given.Get("isOffloaded").ToBoolean();
    uint32_t id = 0;
    std::string error = plane_->addTap(info[0].ToString(), options, &id);
    return portOrError(info.Env(), error, id);
  }

  JsValue addPacket(const CallbackInfo& info) {
    uint32_t id = 0;
    std::string error = plane_->addPacket(
        info[0].ToString(), {info[1].ToString(), info[2].ToString()}, &id);
    return portOrError(info.Env(), error, id);
  }

  JsValue addMemory(const CallbackInfo& info) {
    uint32_t id = plane_->addMemory(info[0].ToString());
    return portOrError(info.Env(), id == 0 ? "there is no room for another port" : "", id);
  }

  JsValue removePort(const CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), plane_->removePort(info[0].ToNumber()));
  }

  JsValue inject(const CallbackInfo& info) {
    auto frame = info[1].As<Napi::Uint8Array>();
    std::vector<uint8_t> bytes(frame.Data(), frame.Data() + frame.ByteLength());
    return Napi::Boolean::New(info.Env(), plane_->inject(info[0].ToNumber(), std::move(bytes)));
  }

  /** (destination, source or null, kind, id, isTransit) */
  JsValue setRule(const CallbackInfo& info) {
    uint64_t source = info[1].IsNull() ? vnet::RuleTable::kAnySource : macOf(info[1]);
    std::string kind = info[2].ToString();
    vnet::RuleTarget target;
    if (kind == "port") target.kind = vnet::RuleTarget::Kind::port;
    if (kind == "link") target.kind = vnet::RuleTarget::Kind::link;
    target.id = info[3].ToNumber();
    bool isSet = plane_->fabric().rules().set(macOf(info[0]), source, target, info[4].ToBoolean());
    return Napi::Boolean::New(info.Env(), isSet);
  }

  JsValue removeRule(const CallbackInfo& info) {
    uint64_t source = info[1].IsNull() ? vnet::RuleTable::kAnySource : macOf(info[1]);
    return Napi::Boolean::New(info.Env(), plane_->fabric().rules().remove(macOf(info[0]), source));
  }

  void setOwner(const CallbackInfo& info) { plane_->setOwner(macOf(info[0]), info[1].ToNumber()); }
  void forgetMac(const CallbackInfo& info) { plane_->fabric().macs().forget(macOf(info[0])); }
  void setPin(const CallbackInfo& info) {
    plane_->fabric().setPin(macOf(info[0]), locationOf(info[1]));
  }
  void removePin(const CallbackInfo& info) { plane_->fabric().removePin(macOf(info[0])); }
  void setStormLimit(const CallbackInfo& info) { plane_->setStormLimit(info[0].ToNumber()); }

  void setDatagramsFromRtt(const CallbackInfo& info) {
    plane_->setDatagramsFromRtt(info[0].ToNumber());
  }

  JsValue drainTraffic(const CallbackInfo& info) {
    vnet::PairTable pairs = plane_->drainTraffic();
    return trafficObject(info.Env(), pairs);
  }

  JsValue ports(const CallbackInfo& info) {
    Napi::Array array = Napi::Array::New(info.Env());
    uint32_t i = 0;
    for (auto& port : plane_->ports()) array.Set(i++, portObject(info.Env(), *plane_, *port));
    return array;
  }

  JsValue links(const CallbackInfo& info) {
    Napi::Array array = Napi::Array::New(info.Env());
    uint32_t i = 0;
    for (auto& link : plane_->links()) array.Set(i++, linkObject(info.Env(), link->snapshot()));
    return array;
  }

  /** Figures of all admitted links, kFiguresPerLink numbers each. */
  JsValue linkFigures(const CallbackInfo& info) {
    std::vector<vnet::LinkFigures> all;
    for (auto& link : plane_->links()) {
      if (link->isUsable()) all.push_back(link->figures());
    }
    return figuresArray(info.Env(), all);
  }

  JsValue macs(const CallbackInfo& info) {
    JsEnv env = info.Env();
    Napi::Array array = Napi::Array::New(env);
    uint32_t i = 0;
    for (auto& entry : plane_->fabric().macs().snapshot(vnet::nowMs())) {
      array.Set(i++, macObject(env, entry));
    }
    return array;
  }

  JsValue rules(const CallbackInfo& info) {
    JsEnv env = info.Env();
    Napi::Array array = Napi::Array::New(env);
    uint32_t i = 0;
    for (auto& entry : plane_->fabric().rules().snapshot()) {
      array.Set(i++, ruleObject(env, entry));
    }
    return array;
  }

  JsValue drops(const CallbackInfo& info) {
    uint64_t counts[kDropCount];
    plane_->totalDrops(counts);
    return dropsObject(info.Env(), counts, true);
  }

  JsValue lostEvents(const CallbackInfo& info) {
    return number(info.Env(), plane_->events().lost());
  }

  /** (kind, id, snapBytes): the descriptor to read from, or -1: no such port or link. */
  JsValue capture(const CallbackInfo& info) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      return Napi::Number::New(info.Env(), -1);
    }
    int bufferBytes = 4 * 1048576;
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &bufferBytes, sizeof bufferBytes);
    uint32_t snapBytes = info[2].ToNumber();
    auto made = std::make_shared<vnet::Capture>(ends[1], snapBytes);
    auto port = info[0].ToString().Utf8Value() == "port" ? plane_->findPort(info[1].ToNumber())
                                                          : nullptr;
    auto link = port ? nullptr : plane_->findLink(info[1].ToNumber());
    if (port) port->capture.set(made);
    if (link) link->capture.set(made);
    if (port || link) return Napi::Number::New(info.Env(), ends[0]);
    ::close(ends[0]);
    return Napi::Number::New(info.Env(), -1);
  }

  void close(const CallbackInfo& info) {
    shutDown();
    drainEvents(info.Env());
  }
};

NativePlane::NativePlane(const CallbackInfo& info) : ObjectWrap(info) {
  JsEnv env = info.Env();
  JsObject given = info[0].As<JsObject>();
  vnet::PlaneOptions options;
  options.isProxy = given.Get("role").ToString().Utf8Value() == "proxy";
  options.workers = given.Get("workers").ToNumber();
  options.stormLimit = given.Get("stormLimitFramesPerSecond").ToNumber();
  options.macAgeMs = static_cast<uint64_t>(given.Get("macAgeMs").ToNumber().Int64Value());
  options.isOffloadOffered = given.Get("isOffloadOffered").ToBoolean();
  options.isDatagramOffered = given.Get("isDatagramOffered").ToBoolean();
  options.datagramsFromRttUs = given.Get("datagramsFromRttUs").ToNumber();
  options.isPrioritised = given.Get("isPrioritised").ToBoolean();
  onEvents_ = Napi::Persistent(info[1].As<Napi::Function>());
  auto nothing = Napi::Function::New(env, [](const CallbackInfo&) {});
  wake_ = Napi::ThreadSafeFunction::New(env, nothing, "vnet-events", 0, 1);
  plane_ = std::make_unique<vnet::Plane>(options, [this] {
    wake_.NonBlockingCall([this](Napi::Env callEnv, Napi::Function) { drainEvents(callEnv); });
  });
  isOpen_ = true;
  napi_add_env_cleanup_hook(env, atExit, this);
  exitGuard_ = std::make_unique<vnet::ExitGuard>([this] { plane_->close(); });
}

void NativePlane::Export(JsEnv env, JsObject exports) {
  Napi::Function constructor = DefineClass(
      env, "NativePlane",
      {InstanceMethod<&NativePlane::setCredentials>("setCredentials"),
       InstanceMethod<&NativePlane::listen>("listen"),
       InstanceMethod<&NativePlane::dial>("dial"),
       InstanceMethod<&NativePlane::admit>("admit"),
       InstanceMethod<&NativePlane::closeLink>("closeLink"),
       InstanceMethod<&NativePlane::probeLink>("probeLink"),
       InstanceMethod<&NativePlane::sendControl>("sendControl"),
       InstanceMethod<&NativePlane::addTap>("addTap"),
       InstanceMethod<&NativePlane::addPacket>("addPacket"),
       InstanceMethod<&NativePlane::addMemory>("addMemory"),
       InstanceMethod<&NativePlane::removePort>("removePort"),
       InstanceMethod<&NativePlane::inject>("inject"),
       InstanceMethod<&NativePlane::setRule>("setRule"),
       InstanceMethod<&NativePlane::removeRule>("removeRule"),
       InstanceMethod<&NativePlane::setOwner>("setOwner"),
       InstanceMethod<&NativePlane::forgetMac>("forgetMac"),
       InstanceMethod<&NativePlane::setPin>("setPin"),
       InstanceMethod<&NativePlane::removePin>("removePin"),
       InstanceMethod<&NativePlane::setStormLimit>("setStormLimit"),
       InstanceMethod<&NativePlane::setDatagramsFromRtt>("setDatagramsFromRtt"),
       InstanceMethod<&NativePlane::drainTraffic>("drainTraffic"),
       InstanceMethod<&NativePlane::ports>("ports"),
       InstanceMethod<&NativePlane::links>("links"),
       InstanceMethod<&NativePlane::linkFigures>("linkFigures"),
       InstanceMethod<&NativePlane::macs>("macs"),
       InstanceMethod<&NativePlane::rules>("rules"),
       InstanceMethod<&NativePlane::drops>("drops"),
       InstanceMethod<&NativePlane::lostEvents>("lostEvents"),
       InstanceMethod<&NativePlane::capture>("capture"),
       InstanceMethod<&NativePlane::close>("close")});
  exports.Set("NativePlane", constructor);
}

JsValue sdNotify(const CallbackInfo& info) {
  std::string path = info[0].ToString(), state = info[1].ToString();
  return Napi::Boolean::New(info.Env(), vnet::sdNotify(path, state));
}

/** Gives memory that was freed back to the system; without glibc, which keeps it, does nothing. */
void trimMemory(const CallbackInfo&) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

JsObject initialise(JsEnv env, JsObject exports) {
  NativePlane::Export(env, exports);
  exports.Set("sdNotify", Napi::Function::New(env, sdNotify));
  exports.Set("trimMemory", Napi::Function::New(env, trimMemory));
  return exports;
}

}  // namespace

NODE_API_MODULE(vnet, initialise)
