// The line commands, from a file at the start or from a unix stream socket: one line in, one line
// out (`ok`, `error TEXT` or JSON).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "emulator.h"

namespace vnet::emulator {

/** Carries out one line; `isQuit` becomes true on `quit`. Empty lines answer nothing. */
std::string runCommand(Emulator& emulator, const std::string& line, bool* isQuit);

class Control : public Watcher {
 public:
  /** @param epoll borrowed. @param isQuit borrowed; becomes true on `quit`. */
  Control(int epoll, Emulator& emulator, bool* isQuit);
  ~Control() override;

  /** Listens at `path` for this user only. @returns an error, empty on success. */
  std::string listen(const std::string& path);
  void ready(uint32_t events) override;
  /** Frees the clients that have gone; between two rounds of events. */
  void sweep();

 private:
  struct Client;
  int epoll_;
  Emulator& emulator_;
  bool* isQuit_;
  int fd_ = -1;
  std::string path_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace vnet::emulator
