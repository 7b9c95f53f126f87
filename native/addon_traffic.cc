// What is asked often, as typed arrays: the drained traffic in the shape of PairColumns
// (src/plane/pair-columns.ts; a host of 100,000 pairs is asked ten times a second), the figures of
// all links as src/native/figures.ts reads them (every second).
#include "addon_values.h"

namespace vnet::js {

/** Numbers MACs in the order in which they are met. */
class MacDictionary {
 public:
  uint32_t indexOf(uint64_t mac) {
    bool isNew = false;
    uint32_t* index = indexes_.insert(mac, &isNew);
    if (isNew) {
      *index = static_cast<uint32_t>(macs_.size());
      macs_.push_back(mac);
    }
    return *index;
  }

  /** Six octets each. */
  JsValue octets(JsEnv env) const {
    auto array = Napi::Uint8Array::New(env, macs_.size() * 6);
    uint8_t* out = array.Data();
    for (uint64_t mac : macs_) {
      for (int shift = 40; shift >= 0; shift -= 8) *out++ = static_cast<uint8_t>(mac >> shift);
    }
    return array;
  }

 private:
  FlatMap<uint64_t, uint32_t, MacHash> indexes_;
  std::vector<uint64_t> macs_;
};

JsObject trafficObject(JsEnv env, PairTable& pairs) {
  MacDictionary dictionary;
  auto source = Napi::Uint32Array::New(env, pairs.size());
  auto destination = Napi::Uint32Array::New(env, pairs.size());
  auto bytes = Napi::Float64Array::New(env, pairs.size());
  auto frames = Napi::Uint32Array::New(env, pairs.size());
  auto droppedFrames = Napi::Uint32Array::New(env, pairs.size());
  size_t i = 0;
  pairs.forEach([&](const PairKey& key, const PairCount& count) {
    source.Data()[i] = dictionary.indexOf(key.source);
    destination.Data()[i] = dictionary.indexOf(key.destination);
    bytes.Data()[i] = static_cast<double>(count.bytes);
    frames.Data()[i] = count.frames;
    droppedFrames.Data()[i] = count.droppedFrames;
    i++;
  });
  JsObject object = JsObject::New(env);
  object.Set("macs", dictionary.octets(env));
  object.Set("source", source);
  object.Set("destination", destination);
  object.Set("bytes", bytes);
  object.Set("frames", frames);
  object.Set("droppedFrames", droppedFrames);
  return object;
}

static constexpr size_t kFiguresPerLink = 13;

JsValue figuresArray(JsEnv env, const std::vector<LinkFigures>& all) {
  auto array = Napi::Float64Array::New(env, all.size() * kFiguresPerLink);
  double* out = array.Data();
  auto put = [&out](uint64_t value) { *out++ = static_cast<double>(value); };
  auto putUs = [&out](uint64_t ns) { *out++ = static_cast<double>(ns) / 1000; };
  for (const LinkFigures& figures : all) {
    put(figures.id);
    putUs(figures.minRttNs);
    putUs(figures.rttNs);
    putUs(figures.jitterNs);
    put(figures.sentBytes);
    put(figures.resentBytes);
    put(figures.deliveredBytes);
    putUs(figures.busyNs);
    putUs(figures.waitingNs);
    put(figures.queuedBytes);
    put(figures.deliveryRate);
    put(figures.isApplicationLimited);
    put(figures.receivedBytes);
  }
  return array;
}

}  // namespace vnet::js
