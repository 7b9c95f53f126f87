// See control.h.
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "../device.h"

namespace vnet::emulator {

static constexpr size_t kClientsMax = 16;
static constexpr size_t kLineBytesMax = 4096;        // a command with all its keys is a tenth
static constexpr size_t kAnswerBytesMax = 1u << 20;  // of a client that does not read

std::string runCommand(Emulator& emulator, const std::string& line, bool* isQuit) {
  std::vector<std::string> words = splitWords(line);
  if (words.empty()) return "";
  const std::string& verb = words[0];
  std::string error;
  if (verb == "quit" || verb == "stats") {
    if (words.size() > (verb == "quit" ? 1 : 2)) return "error " + verb + ": too many words";
    if (verb == "quit") return *isQuit = true, "ok";
    std::string json;
    error = emulator.stats(words.size() > 1 ? words[1] : "", &json);
    return error.empty() ? json : "error " + error;
  }
  bool takesKeys = verb == "add" || verb == "set";
  if (!takesKeys && verb != "up" && verb != "down" && verb != "remove") {
    return "error '" + verb +
           "': no such command; there are add, set, up, down, remove, stats, quit";
  }
  if (words.size() < 2 || (!takesKeys && words.size() > 2)) {
    return "error wanted: " + verb + " LINK" + (takesKeys ? " KEY=VALUE..." : "");
  }
  const std::string& name = words[1];
  if (!isLinkName(name)) return "error '" + name + "' is no name of a link: letters, digits, ._:-";
  if (verb == "add") {
    LinkSettings settings;
    error = readSettings(words, 2, true, &settings);
    if (error.empty()) error = emulator.add(name, settings);
  } else if (verb == "set") {
    error = emulator.set(name, words, 2);
  } else if (verb == "remove") {
    error = emulator.remove(name);
  } else {
    error = emulator.setUp(name, verb == "up");
  }
  return error.empty() ? "ok" : "error " + error;
}

struct Control::Client : Watcher {
  Control& control;
  int fd;
  std::string input, output;
  bool isEnding = false;  // no more input: ends when its answers are written
  bool isWriteWatched = false;

  Client(Control& owner, int socket) : control(owner), fd(socket) {}
  ~Client() override {
    if (fd >= 0) close(fd);
  }

  void end() {
    if (fd >= 0) close(fd);
    fd = -1;
  }

  void ready(uint32_t events) override {
    if (fd < 0) return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive();
    if (fd >= 0) flush();
  }

  void receive() {
    char buffer[4096];
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size < 0) {
      if (errno != EAGAIN && errno != EINTR) end();
      return;
    }
    if (size == 0) isEnding = true;
    input.append(buffer, static_cast<size_t>(size));
    size_t start = 0;
    for (size_t at; !isEnding && (at = input.find('\n', start)) != std::string::npos;) {
      std::string answer =
          runCommand(control.emulator_, input.substr(start, at - start), control.isQuit_);
      if (!answer.empty()) output += answer + "\n";
      start = at + 1;
    }
    input.erase(0, start);
    if (input.size() <= kLineBytesMax) return;
    output += "error a line is longer than 4096 bytes\n";
    isEnding = true;
  }

  void flush() {
    while (!output.empty()) {
      ssize_t size = send(fd, output.data(), output.size(), MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno != EAGAIN || output.size() > kAnswerBytesMax)) return end();
      if (size < 0) break;
      output.erase(0, static_cast<size_t>(size));
    }
    if (output.empty() && isEnding) return end();
    if (isWriteWatched == !output.empty() && !isEnding) return;
    isWriteWatched = !output.empty();
    epoll_event event{};
    event.events = (isEnding ? 0u : unsigned(EPOLLIN)) | (isWriteWatched ? unsigned(EPOLLOUT) : 0u);
    event.data.ptr = static_cast<Watcher*>(this);
    epoll_ctl(control.epoll_, EPOLL_CTL_MOD, fd, &event);
  }
};

Control::Control(int epoll, Emulator& emulator, bool* isQuit)
    : epoll_(epoll), emulator_(emulator), isQuit_(isQuit) {}

Control::~Control() {
  for (auto& client : clients_) {
    if (client->fd >= 0) client->flush();
  }
  clients_.clear();
  if (fd_ < 0) return;
  close(fd_);
  unlink(path_.c_str());
}

std::string Control::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() + 1 >= sizeof address.sun_path) {
    return "the socket's path must have 1 to 106 bytes";
  }
  memcpy(address.sun_path, path.c_str(), path.size());
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errnoText("cannot make socket", path);
  // A socket that nobody answers was left by a program that did not end well.
  if (connect(fd, plain, sizeof address) == 0) {
    close(fd);
    return "another program listens at '" + path + "'";
  }
  if (errno != ECONNREFUSED && errno != ENOENT) {
    std::string error = errnoText("cannot listen at", path);
    close(fd);
    return error;
  }
  // Made aside and renamed: whoever sees the path can connect. Takes the place of the left one.
  std::string aside = path + "~";
  memcpy(address.sun_path, aside.c_str(), aside.size());
  unlink(aside.c_str());
  mode_t before = umask(0077);
  bool isBound = bind(fd, plain, sizeof address) == 0;
  umask(before);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = static_cast<Watcher*>(this);
  if (!isBound || ::listen(fd, 16) != 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0 ||
      rename(aside.c_str(), path.c_str()) != 0) {
    std::string error = errnoText("cannot listen at", path);
    close(fd);
    if (isBound) unlink(aside.c_str());
    return error;
  }
  fd_ = fd;
  path_ = path;
  return "";
}

void Control::ready(uint32_t) {
  int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  auto client = std::make_unique<Client>(*this, fd);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = static_cast<Watcher*>(client.get());
  if (clients_.size() >= kClientsMax || epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return;  // closes it
  }
  clients_.push_back(std::move(client));
}

void Control::sweep() {
  std::erase_if(clients_, [](const auto& client) { return client->fd < 0; });
}

}  // namespace vnet::emulator
