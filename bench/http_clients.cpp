// Clients of a running server: so many connections, each with one request for the vector of one
// text under way at a time, and what they saw. One thread and no library, so that little of the
// machine goes to asking.
//
// usage: bench_http_clients PORT MODEL [--clients 64] [--seconds 10] [--words 8] [--once]
//                           [--pause-ms 0] [--priority interactive]
// --once: each client sends one request, all at the same moment, and that is all: a cold start.
// --pause-ms: between a client's answer and its next request, at random around that.
// Texts are of --words common words, no two alike. Prints requests/s, percentiles, and every status
// that came.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  int port = 0;
  std::string model;
  int n_clients = 64;
  double seconds = 10;
  int n_words = 8;
  bool once = false;
  double pause_ms = 0;
  std::string priority = "interactive";
};

double ms_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double, std::milli>(b - a).count();
}

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Texts {
 public:
  explicit Texts(int n_words) : n_words_(n_words) {}

  std::string next() {
    static const char* const kWords[] = {"the",   "river", "stone", "runs",  "green", "house",
                                         "over",  "quiet", "music", "train", "paper", "under",
                                         "light", "seven", "field", "winter"};
    std::string out = std::to_string(n_++);
    for (int i = 1; i < n_words_; ++i) {
      out += ' ';
      out += kWords[random_() % std::size(kWords)];
    }
    return out;
  }

 private:
  const int n_words_;
  long n_ = 0;
  std::mt19937 random_{7};
};

struct Client {
  int fd = -1;
  Clock::time_point sent, next;  // When the request went out, and when the next one is to.
  bool is_waiting = false;
  std::string in;
};

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

class Load {
 public:
  explicit Load(const Settings& settings) : s_(settings), texts_(settings.n_words) {
    epoll_ = epoll_create1(0);
    clients_.resize(static_cast<std::size_t>(s_.n_clients));
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].fd = connect_to(s_.port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i].fd, &event);
    }
  }

  void run() {
    const Clock::time_point start = Clock::now();
    end_ = start + std::chrono::microseconds(static_cast<long>(s_.seconds * 1e6));
    for (Client& client : clients_) send(client);
    while (n_waiting_ > 0 || (!s_.once && Clock::now() < end_)) turn();
    took_ms_ = ms_between(start, Clock::now());
  }

  void show() {
    std::sort(times_.begin(), times_.end());
    const auto at = [&](double share) {
      return times_.empty() ? 0.0
                            : times_[static_cast<std::size_t>(
                                  share * static_cast<double>(times_.size() - 1) + 0.5)];
    };
    std::printf(
        "%d clients  %zu answers  %.1f/s  p50 %.2f ms  p90 %.2f ms  p99 %.2f ms  max %.2f "
        "ms  p99/p50 %.2f",
        s_.n_clients, times_.size(), static_cast<double>(times_.size()) * 1e3 / took_ms_, at(0.5),
        at(0.9), at(0.99), at(1), at(0.99) / std::max(at(0.5), 1e-9));
    for (const auto& [status, n] : statuses_) std::printf("  %d: %ld", status, n);
    std::printf("\n");
  }

 private:
  void send(Client& client) {
    const std::string body = "{\"model\":\"" + s_.model + "\",\"priority\":\"" + s_.priority +
                             "\",\"input\":\"" + texts_.next() + "\"}";
    const std::string request =
        "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    client.sent = Clock::now();
    if (write(client.fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
      die("write");
    }
    client.is_waiting = true;
    ++n_waiting_;
  }

  void turn() {
    int timeout_ms = 1000;
    if (s_.pause_ms > 0) timeout_ms = send_due();
    epoll_event events[256];
    const int n = epoll_wait(epoll_, events, std::size(events), timeout_ms);
    for (int i = 0; i < n; ++i) receive(clients_[events[i].data.u64]);
  }

  /// Of clients that pause. Returns the milliseconds until the next.
  int send_due() {
    const Clock::time_point now = Clock::now();
    double soonest_ms = 100;
    for (Client& client : clients_) {
      if (client.is_waiting || now >= end_) continue;
      if (client.next <= now) {
        send(client);
      } else {
        soonest_ms = std::min(soonest_ms, ms_between(now, client.next));
      }
    }
    return static_cast<int>(soonest_ms) + 1;
  }

  void receive(Client& client) {
    char bytes[65536];
    const ssize_t n = read(client.fd, bytes, sizeof bytes);
    if (n <= 0) die("read");
    client.in.append(bytes, static_cast<std::size_t>(n));
    const std::size_t head_end = client.in.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    const std::size_t length_at = client.in.find("Content-Length: ");
    if (length_at > head_end) die("an answer without a length");
    const auto length = std::strtoul(client.in.c_str() + length_at + 16, nullptr, 10);
    if (client.in.size() < head_end + 4 + length) return;
    finish(client);
  }

  void finish(Client& client) {
    const Clock::time_point now = Clock::now();
    times_.push_back(ms_between(client.sent, now));
    ++statuses_[std::atoi(client.in.c_str() + 9)];
    client.in.clear();
    client.is_waiting = false;
    --n_waiting_;
    if (s_.once || now >= end_) return;
    if (s_.pause_ms == 0) return send(client);
    const double pause = s_.pause_ms * (0.5 + static_cast<double>(random_() % 1000) / 1000);
    client.next = now + std::chrono::microseconds(static_cast<long>(pause * 1e3));
  }

  const Settings s_;
  Texts texts_;
  int epoll_ = -1;
  std::vector<Client> clients_;
  int n_waiting_ = 0;
  Clock::time_point end_;
  double took_ms_ = 0;
  std::vector<double> times_;
  std::map<int, long> statuses_;
  std::mt19937 random_{11};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr,
                 "usage: bench_http_clients PORT MODEL [--clients N] [--seconds S] [--words N] "
                 "[--once] [--pause-ms MS] [--priority P]\n");
    return 2;
  }
  Settings settings;
  settings.port = std::atoi(argv[1]);
  settings.model = argv[2];
  for (int i = 3; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--once") {
      settings.once = true;
      continue;
    }
    if (i + 1 == argc) return 2;
    const char* value = argv[++i];
    if (flag == "--clients") settings.n_clients = std::atoi(value);
    if (flag == "--seconds") settings.seconds = std::atof(value);
    if (flag == "--words") settings.n_words = std::atoi(value);
    if (flag == "--pause-ms") settings.pause_ms = std::atof(value);
    if (flag == "--priority") settings.priority = value;
  }
  Load load(settings);
  load.run();
  load.show();
  return 0;
}
