// Stops threads before the process takes its libraries apart. process.exit() runs no cleanup hooks
// of the main thread's environment, but the handlers of atexit(3), OpenSSL's among them, while
// workers still shake hands. Handlers run in reverse order: this one, the later, comes first.
#pragma once

#include <functional>

namespace vnet {

class ExitGuard {
 public:
  /** Calls `stop` at the exit of the process, on the thread that exits, while this object lives. */
  explicit ExitGuard(std::function<void()> stop);
  ~ExitGuard();
  ExitGuard(const ExitGuard&) = delete;
  ExitGuard& operator=(const ExitGuard&) = delete;

 private:
  std::function<void()> stop_;
  static void stopAll();
};

}  // namespace vnet
