// vnet-wan: emulates WAN links between network namespaces (rate, delay, jitter, loss, queue, cuts),
// for kernels without netem and more evenly than they would. See control.h for the commands.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iostream>
#include <string>

#include "control.h"
#include "emulator.h"

using namespace vnet::emulator;

static constexpr char kUsage[] =
    "usage: vnet-wan --socket PATH [--config FILE] [--seed N] [--die-with-parent]\n"
    "Commands, one a line, in FILE or over the socket:\n"
    "  add LINK a=NAMESPACE:DEVICE b=NAMESPACE:DEVICE [rate=200mbit] [delay=25ms] [jitter=1ms]\n"
    "      [loss=0.1%] [burst=3] [queue=50ms] [mtu=1500] [rate-ab=...] [delay-ba=...] ...\n"
    "  set LINK KEY=VALUE...\n"
    "  up LINK | down LINK | remove LINK | stats [LINK] | quit\n"
    "NAMESPACE is a path such as /run/netns/x, or self. The delay is one way.\n";

struct Options {
  std::string socket, config;
  uint64_t seed = 1;
  bool isDyingWithParent = false;
};

/** @returns an error, empty on success. */
static std::string readOptions(int count, char** words, Options* options) {
  for (int i = 1; i < count; i++) {
    std::string word = words[i];
    if (word == "--die-with-parent") {
      options->isDyingWithParent = true;
      continue;
    }
    if (word != "--socket" && word != "--config" && word != "--seed") {
      return "unknown option '" + word + "'";
    }
    if (++i >= count) return word + ": a value is missing";
    std::string value = words[i];
    if (word == "--socket") options->socket = value;
    if (word == "--config") options->config = value;
    if (word != "--seed") continue;
    const char* end = value.data() + value.size();
    auto [rest, failure] = std::from_chars(value.data(), end, options->seed);
    if (failure != std::errc() || rest != end) return "--seed: '" + value + "' is no whole number";
  }
  return options->socket.empty() ? "--socket PATH is missing" : "";
}

static std::string runConfig(const std::string& path, Emulator& emulator, bool* isQuit) {
  std::ifstream file(path);
  if (!file) return "cannot read '" + path + "'";
  std::string line;
  for (int number = 1; std::getline(file, line); number++) {
    std::string answer = runCommand(emulator, line, isQuit);
    if (answer.starts_with("error ")) {
      return path + ":" + std::to_string(number) + ": " + answer.substr(6);
    }
  }
  return "";
}

struct SignalWatcher : Watcher {
  bool* isQuit;
  explicit SignalWatcher(bool* flag) : isQuit(flag) {}
  void ready(uint32_t) override { *isQuit = true; }
};

/** SIGTERM and SIGINT end the loop, and nothing else does. */
static bool watchSignals(int epoll, SignalWatcher* watcher) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = static_cast<Watcher*>(watcher);
  return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/** Wakes on time: no timer slack, and before other programs where that is allowed. */
static void askForTime() {
  prctl(PR_SET_TIMERSLACK, 1);
  sched_param priority{};
  priority.sched_priority = 1;
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority);  // works without, less evenly
}

static void loop(int epoll, Emulator& emulator, Control& control, bool* isQuit) {
  epoll_event events[64];
  while (!*isQuit) {
    emulator.deliver();
    int count = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; i++) {
      static_cast<Watcher*>(events[i].data.ptr)->ready(events[i].events);
    }
    control.sweep();
  }
}

static int fail(const std::string& error) {
  fprintf(stderr, "vnet-wan: %s\n", error.c_str());
  return 1;
}

int main(int count, char** words) {
  if (count == 2 && !strcmp(words[1], "--help")) {
    fputs(kUsage, stdout);
    return 0;
  }
  pid_t parent = getppid();
  Options options;
  std::string error = readOptions(count, words, &options);
  if (!error.empty()) {
    fprintf(stderr, "vnet-wan: %s\n%s", error.c_str(), kUsage);
    return 2;
  }
  bool isQuit = false;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  SignalWatcher signals(&isQuit);
  if (epoll < 0 || !watchSignals(epoll, &signals)) return fail("cannot make epoll and signals");
  if (options.isDyingWithParent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) return 0;
  }
  Emulator emulator(epoll, options.seed);
  if (!emulator.error().empty()) return fail(emulator.error());
  Control control(epoll, emulator, &isQuit);
  error = control.listen(options.socket);
  if (error.empty() && !options.config.empty()) {
    error = runConfig(options.config, emulator, &isQuit);
  }
  if (!error.empty()) return fail(error);
  askForTime();
  printf("ready\n");  // for whoever started it: the socket answers
  fflush(stdout);
  loop(epoll, emulator, control, &isQuit);
  return 0;
}
