// One connection of the HTTP server: a coroutine on one io thread. Included only by
// http_session.cpp and http_server.cpp, for it brings Asio.

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "serve/http/http_server.h"

namespace quern::serve {

/// What all sessions of a server share.
struct SessionShared {
  HttpServerOptions options;
  Handler handler;
  std::function<void()> on_session_end;  // From any io thread.
  std::atomic<bool> is_draining{false};
  std::atomic<bool> is_aborting{false};
};

class Session;

/// A thread and its connections. `sessions` and `scratch` are touched by that thread only.
struct IoThread {
  std::unordered_set<Session*> sessions;
  std::vector<char> scratch = std::vector<char>(64 << 10);
  // Behind `sessions`: what is left in it at the end are sessions, which take themselves out there.
  boost::asio::io_context context{1};
  std::thread thread;
};

/// Reads are made only when the socket says there is something, into the thread's scratch: an idle
/// connection holds no buffer. All waiting is one timer that events cut short, so there is one
/// place for timeouts, and idle connections cost no processor time.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, IoThread& io, SessionShared& shared);
  ~Session();

  /// Starts serving. On the io thread, as everything below.
  void start();
  /// Has the session look again at what it waits for.
  void wake() { event_.cancel(); }
  /// Waits for the first byte of a request that may never come.
  bool is_idle() const { return is_idle_; }
  void close();
  std::chrono::steady_clock::time_point idle_since() const { return idle_since_; }

 private:
  using Clock = std::chrono::steady_clock;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  /// How one answer goes out.
  struct Delivery {
    bool is_http10 = false;
    bool is_head = false;
    bool is_stream = false;
    bool keep_alive = false;
    Clock::duration time_limit{};
    Clock::time_point give_up{};
  };

  Awaitable<void> run();
  Awaitable<bool> wait_for_request(bool is_first);
  Awaitable<bool> read_request(RequestParser& parser);
  Awaitable<bool> read_some_of(RequestParser& parser, Clock::time_point deadline);
  Awaitable<void> refuse(const RequestParser& parser, HttpError error);
  Awaitable<void> refuse(const RequestParser& parser, Response response);
  Awaitable<bool> answer(RequestParser& parser, Reservation memory);
  Awaitable<int> deliver(Exchange& exchange, Delivery& how);
  Awaitable<bool> send(Exchange& exchange, Response& response, const Delivery& how);
  Awaitable<bool> deliver_stream(Exchange& exchange, const Delivery& how);
  Awaitable<bool> write_all(std::string_view bytes);
  Awaitable<void> linger(Clock::duration patience);

  /// Waits until `ready` holds (true) or the deadline or the end of the server (false).
  template <typename Ready>
  Awaitable<bool> until(Ready ready, Clock::time_point deadline);

  void pump();
  void read_available();
  bool is_drained() const;
  Status account(const RequestParser& parser, Reservation& memory);
  void attach(const std::shared_ptr<Exchange>& exchange);
  void call_handler(const std::shared_ptr<Exchange>& exchange);
  ErrorWriter error_writer(std::string_view path) const;
  Result<Clock::duration> time_limit(const Request& request) const;
  HttpError too_late(Clock::duration limit) const;
  void report(const Exchange& exchange, int status) const;

  boost::asio::ip::tcp::socket socket_;
  IoThread& io_;
  SessionShared& shared_;
  boost::asio::steady_timer event_;
  std::string in_;           // Read and not yet parsed.
  bool is_reading_ = false;  // A wait for readability is out.
  bool is_eof_ = false;      // The client will send no more, or is gone.
  bool is_idle_ = false;
  Clock::time_point idle_since_ = Clock::now();
};

}  // namespace quern::serve
