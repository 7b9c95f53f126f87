// See exit_guard.h.
#include "exit_guard.h"

#include <cstdlib>
#include <mutex>
#include <set>
#include <utility>

namespace vnet {

namespace {

struct Guards {
  std::mutex lock;
  std::set<ExitGuard*> all;
};

/** Never destroyed: it is needed until the very end. */
Guards& guards() {
  static Guards& made = *new Guards;
  return made;
}

}  // namespace

ExitGuard::ExitGuard(std::function<void()> stop) : stop_(std::move(stop)) {
  static const int registered = atexit(stopAll);
  (void)registered;
  std::lock_guard<std::mutex> guard(guards().lock);
  guards().all.insert(this);
}

ExitGuard::~ExitGuard() {
  std::lock_guard<std::mutex> guard(guards().lock);
  guards().all.erase(this);
}

void ExitGuard::stopAll() {
  std::set<ExitGuard*> all;
  {
    std::lock_guard<std::mutex> guard(guards().lock);
    all = guards().all;
  }
  for (ExitGuard* each : all) each->stop_();
}

}  // namespace vnet
