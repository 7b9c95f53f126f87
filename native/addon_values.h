// Values of the data plane as JavaScript objects, in the shapes of src/plane/plane.ts, and back.
// With addon.cc and addon_traffic.cc the only code that knows Node.
#pragma once

#include <napi.h>

#include <string>

#include "plane.h"

namespace vnet::js {

using JsEnv = Napi::Env;
using JsObject = Napi::Object;
using JsValue = Napi::Value;

std::string macText(uint64_t mac);
uint64_t macOf(const JsValue& value);
JsValue number(JsEnv env, uint64_t value);
JsValue textOrNull(JsEnv env, const std::string& text);
/** With `isFull` all reasons, else only those that occurred. */
JsObject dropsObject(JsEnv env, const uint64_t* counts, bool isFull);
/** "auto", "tcp" or "udp". */
TransportPolicy transportPolicyOf(const JsValue& value);
JsObject linkObject(JsEnv env, const LinkSnapshot& shot);
/** As many numbers a link, in the order of src/native/figures.ts. */
JsValue figuresArray(JsEnv env, const std::vector<LinkFigures>& all);
JsObject portObject(JsEnv env, Plane& plane, Port& port);
JsObject eventObject(JsEnv env, const Event& event);
JsObject macObject(JsEnv env, const MacSnapshot& entry);
JsObject ruleObject(JsEnv env, const RuleSnapshot& entry);
/** Typed arrays: PairColumns of src/plane/pair-columns.ts. */
JsObject trafficObject(JsEnv env, PairTable& pairs);
/** `{kind: 'port', port}`, `{kind: 'link', link}`, `{kind: 'ports'}`; anything else: kind none. */
Location locationOf(const JsValue& value);
JsObject locationObject(JsEnv env, Location where);

}  // namespace vnet::js
