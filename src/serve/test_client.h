// A raw HTTP client for tests: sends any bytes, reads answers strictly.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace quern::serve {

struct Answer {
  int status = 0;                              // 0: the connection ended first.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
};

class TestClient {
 public:
  explicit TestClient(int port) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool is_connected() const { return is_connected_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void half_close() { shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

  /// False if the peer took no more within the time.
  bool send(std::string_view bytes, int timeout_ms = 10'000) {
    while (!bytes.empty()) {
      pollfd wait{fd_, POLLOUT, 0};
      if (poll(&wait, 1, timeout_ms) <= 0) return false;
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Reads until the peer closes; "" if it does not in time.
  bool read_to_end(int timeout_ms, std::string* all = nullptr) {
    while (fill(timeout_ms)) {
    }
    if (all) *all = buffer_;
    return is_eof_;
  }

  Answer read_answer(int timeout_ms = 10'000, bool is_head = false) {
    Answer answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill(timeout_ms)) return answer;
    }
    parse_head(buffer_.substr(0, end), answer);
    buffer_.erase(0, end + 4);
    if (is_head || answer.status == 204 || answer.status == 100) return answer;
    if (answer.headers["transfer-encoding"] == "chunked") {
      read_chunks(answer, timeout_ms);
      return answer;
    }
    const auto n = static_cast<std::size_t>(std::atol(answer.headers["content-length"].c_str()));
    while (buffer_.size() < n) {
      if (!fill(timeout_ms)) {
        answer.status = 0;
        return answer;
      }
    }
    answer.body = buffer_.substr(0, n);
    buffer_.erase(0, n);
    return answer;
  }

  Answer get(std::string_view path, std::string_view headers = "") {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "\r\n");
    return read_answer();
  }

  Answer post(std::string_view path, std::string_view body, std::string_view headers = "") {
    return ask("POST", path, body, headers);
  }

  Answer ask(std::string_view method, std::string_view path, std::string_view body,
             std::string_view headers = "") {
    send(std::string(method) + " " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body));
    return read_answer();
  }

 private:
  bool fill(int timeout_ms) {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, timeout_ms) <= 0) return false;
    char bytes[65536];
    const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) {
      is_eof_ = n == 0;
      return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  static void parse_head(const std::string& head, Answer& answer) {
    answer.status = std::atoi(head.substr(9, 3).c_str());
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos) {
      const std::size_t next = head.find("\r\n", at + 2);
      const std::string line = head.substr(at + 2, next - at - 2);
      const std::size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      answer.headers[name] = line.substr(colon + 2);
      at = next;
    }
  }

  void read_chunks(Answer& answer, int timeout_ms) {
    for (;;) {
      std::size_t end = 0;
      while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill(timeout_ms)) return void(answer.status = 0);
      }
      const auto n = std::strtoul(buffer_.substr(0, end).c_str(), nullptr, 16);
      while (buffer_.size() < end + 2 + n + 2) {
        if (!fill(timeout_ms)) return void(answer.status = 0);
      }
      answer.body += buffer_.substr(end + 2, n);
      buffer_.erase(0, end + 2 + n + 2);
      if (n == 0) return;
    }
  }

  int fd_ = -1;
  bool is_connected_ = false;
  bool is_eof_ = false;
  std::string buffer_;
};

/// Waits until `holds`, at most ten seconds.
template <typename F>
bool eventually(F holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    usleep(5000);
  }
  return holds();
}

}  // namespace quern::serve
