// An HTTP/1.1 server for tests, in this process, on a port of its own. The handler sees each
// request and says, byte for byte if it likes, what goes back: whole, cut short, slowly, never.

#pragma once

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace quern::net {

struct TestRequest {
  std::string method;
  std::string target;                          // Path and query, as sent.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;

  std::string header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? "" : at->second;
  }
};

class TestReply {
 public:
  explicit TestReply(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}

  /// False once the client is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// `headers`: "Name: value\r\n" each.
  void answer(int status, const std::string& body, const std::string& headers = "",
              bool with_body = true) {
    // In one piece: a second one would wait for the client's delayed acknowledgement.
    send("HTTP/1.1 " + std::to_string(status) + " Test\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + (with_body ? body : ""));
  }

  /// The connection ends with this answer.
  void hang_up() { ends_ = true; }
  bool ends() const { return ends_; }

  /// Waits, but not beyond the server's end.
  void sleep(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  int fd_;
  const std::atomic<bool>& stopping_;
  bool ends_ = false;
};

class TestServer {
 public:
  /// Called on a thread of the connection's own.
  using Handler = std::function<void(const TestRequest&, TestReply&)>;

  explicit TestServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::listen(listener_, 64) == 0) {
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  ~TestServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        if (stopping_) return;
        continue;
      }
      const std::lock_guard lock(mutex_);
      open_.insert(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string seen;
    char block[4096];
    bool open = true;
    while (open) {
      const std::size_t end = seen.find("\r\n\r\n");
      if (end == std::string::npos) {
        const ssize_t n = ::recv(fd, block, sizeof block, 0);
        if (n <= 0) break;
        seen.append(block, static_cast<std::size_t>(n));
        continue;
      }
      TestRequest request = parse(seen.substr(0, end + 2));
      seen.erase(0, end + 4);
      const std::string length = request.header("content-length");
      const std::size_t n_body = length.empty() ? 0 : std::stoul(length);
      while (seen.size() < n_body) {
        const ssize_t n = ::recv(fd, block, sizeof block, 0);
        if (n <= 0) break;
        seen.append(block, static_cast<std::size_t>(n));
      }
      request.body = seen.substr(0, n_body);
      seen.erase(0, n_body);
      TestReply reply(fd, stopping_);
      handler_(request, reply);
      open = !reply.ends();
    }
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
    ::close(fd);
  }

  static TestRequest parse(const std::string& head) {
    TestRequest request;
    const std::size_t line = head.find("\r\n");
    const std::size_t space = head.find(' ');
    request.method = head.substr(0, space);
    request.target = head.substr(space + 1, head.rfind(' ', line) - space - 1);
    for (std::size_t at = line + 2; at < head.size();) {
      const std::size_t end = head.find("\r\n", at);
      const std::size_t colon = head.find(':', at);
      std::string name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const std::size_t value = head.find_first_not_of(' ', colon + 1);
      request.headers[name] = value < end ? head.substr(value, end - value) : "";
      at = end + 2;
    }
    return request;
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  std::mutex mutex_;  // Of what follows.
  std::set<int> open_;
  std::vector<std::thread> threads_;
};

}  // namespace quern::net
