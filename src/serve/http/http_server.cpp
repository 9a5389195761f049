#include "serve/http/http_server.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "serve/http/http_session.h"

namespace quern::serve {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr int kKeptFiles = 64;       // Open files left to the rest of the process.
constexpr auto kAcceptPause = 50ms;  // After an error such as too many open files.
constexpr auto kFullPause = 250ms;
constexpr auto kIdleEnough = 500ms;  // Idle for less: probably between two requests.

/// How many files this process may have open, after asking for as many as it can get.
long open_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 512 + kKeptFiles;
  if (files.rlim_cur < files.rlim_max) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 65536);
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
  }
  return static_cast<long>(std::min<rlim_t>(files.rlim_cur, 65536));
}

int connections_allowed(int wanted, long n_files) {
  const int allowed = static_cast<int>(std::max(n_files - kKeptFiles, 8L));
  return wanted > 0 ? std::min(wanted, allowed) : allowed;
}

/// Each thread holds three files; where there are hardly any, connections want them more.
int threads_allowed(int wanted, long n_files) {
  return n_files <= kKeptFiles ? 1 : std::max(wanted, 1);
}

Result<tcp::endpoint> resolve(asio::io_context& context, const std::string& host, int port) {
  if (port < 0 || port > 65535) {
    return Status(Code::kBadInput, fmt::format("port is {}, want 0 to 65535", port));
  }
  error_code ec;
  const auto number = static_cast<unsigned short>(port);
  const auto address = asio::ip::make_address(host, ec);
  if (!ec) return tcp::endpoint(address, number);
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, "", ec);
  if (ec || found.empty()) {
    return Status(Code::kBadInput, fmt::format("host '{}' is not an address of this machine: {}",
                                               host, ec.message()));
  }
  return tcp::endpoint(found.begin()->endpoint().address(), number);
}

}  // namespace

struct HttpServer::Impl {
  using Guard = asio::executor_work_guard<asio::io_context::executor_type>;

  Impl(const HttpServerOptions& options, Handler handler) {
    shared.options = options;
    shared.handler = std::move(handler);
    shared.on_session_end = [this] { session_ended(); };
    const long n_files = open_file_limit();
    max_connections = connections_allowed(options.max_connections, n_files);
    for (int i = 0; i < threads_allowed(options.n_threads, n_files); ++i) {
      threads.push_back(std::make_unique<IoThread>());
      guards.emplace_back(threads.back()->context.get_executor());
    }
  }

  Status listen();
  void run();
  asio::awaitable<void> accept_loop();
  asio::awaitable<bool> accept_one(IoThread& io);
  asio::awaitable<void> pause(Clock::duration time);
  void adopt(tcp::socket socket, IoThread& io);
  void session_ended();
  void close_longest_idle();
  bool stop(std::chrono::milliseconds patience);

  /// Runs fn(session) for all sessions, each on its thread.
  template <typename F>
  void for_sessions(F fn) {
    for (auto& io : threads) {
      asio::post(io->context, [raw = io.get(), fn] {
        // A copy: fn may end a session, which takes itself out of the set.
        const std::vector<Session*> all(raw->sessions.begin(), raw->sessions.end());
        for (Session* session : all) fn(*session);
      });
    }
  }

  SessionShared shared;
  int max_connections = 0;
  int bound_port = 0;

  std::mutex mutex;
  std::condition_variable changed;
  int n_connections = 0;
  bool is_stopped = false;

  // Behind all that a session touches: a context ends the sessions that are left in it.
  std::vector<std::unique_ptr<IoThread>> threads;  // The first one accepts.
  std::vector<Guard> guards;
  std::unique_ptr<tcp::acceptor> acceptor;           // First thread only, once running.
  std::unique_ptr<asio::steady_timer> accept_event;  // Likewise.
};

Status HttpServer::Impl::listen() {
  asio::io_context& context = threads.front()->context;
  const auto& options = shared.options;
  QUERN_ASSIGN(const tcp::endpoint endpoint, resolve(context, options.host, options.port));
  error_code ec;
  try {
    acceptor = std::make_unique<tcp::acceptor>(context);
    accept_event = std::make_unique<asio::steady_timer>(context);
    // A thread's first socket opens what the thread waits on: now, while files are sure to be left.
    for (const auto& io : threads) tcp::socket first(io->context);
  } catch (const boost::system::system_error& e) {
    return {Code::kIo, fmt::format("cannot listen on {}:{}: {}", options.host, options.port,
                                   e.code().message())};
  }
  acceptor->open(endpoint.protocol(), ec);
  if (!ec) acceptor->set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor->bind(endpoint, ec);
  if (!ec) acceptor->listen(1024, ec);
  if (ec == asio::error::address_in_use) {
    return {Code::kUnavailable,
            fmt::format("port {} of {} is in use by another program; choose another with --port",
                        options.port, options.host)};
  }
  if (ec) {
    return {ec == asio::error::access_denied ? Code::kBadInput : Code::kIo,
            fmt::format("cannot listen on {}:{}: {}", options.host, options.port, ec.message())};
  }
  bound_port = acceptor->local_endpoint(ec).port();
  return {};
}

void HttpServer::Impl::run() {
  asio::co_spawn(threads.front()->context, [this] { return accept_loop(); }, asio::detached);
  for (auto& io : threads) {
    io->thread = std::thread([raw = io.get()] { raw->context.run(); });
  }
}

asio::awaitable<void> HttpServer::Impl::pause(Clock::duration time) {
  error_code ignored;
  accept_event->expires_after(time);
  co_await accept_event->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
  for (std::size_t i = 0; !shared.is_draining.load(); ++i) {
    bool is_full = false;
    {
      const std::lock_guard lock(mutex);
      is_full = n_connections >= max_connections;
    }
    if (is_full) {
      // The others wait in the listen backlog. Only when there are any must idle ones make room;
      // then the pause is cut short by session_ended.
      error_code ignored;
      co_await acceptor->async_wait(tcp::acceptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, ignored));
      close_longest_idle();
      co_await pause(kFullPause);
      continue;
    }
    bool accepted = false;
    try {
      accepted = co_await accept_one(*threads[i % threads.size()]);
    } catch (const std::exception&) {
      // Out of memory or files in the middle: as an error of accept itself.
    }
    if (accepted || shared.is_draining.load()) continue;
    close_longest_idle();
    co_await pause(kAcceptPause);
  }
}

asio::awaitable<bool> HttpServer::Impl::accept_one(IoThread& io) {
  tcp::socket socket(io.context);
  error_code ec;
  co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
  if (!ec) adopt(std::move(socket), io);
  co_return !ec;
}

void HttpServer::Impl::adopt(tcp::socket socket, IoThread& io) {
  error_code ec;
  socket.non_blocking(true, ec);
  if (!ec) socket.set_option(tcp::no_delay(true), ec);
  if (ec) return;
  {
    const std::lock_guard lock(mutex);
    ++n_connections;
  }
  asio::post(io.context, [this, &io, moved = std::move(socket)]() mutable {
    std::make_shared<Session>(std::move(moved), io, shared)->start();
  });
}

void HttpServer::Impl::session_ended() {
  const std::lock_guard lock(mutex);
  // With the lock held: stop() must not end, and free this, between the two. Once it has begun, the
  // accepting thread may be gone.
  if (n_connections-- >= max_connections && !is_stopped) {
    asio::post(threads.front()->context, [this] { accept_event->cancel(); });
  }
  changed.notify_all();
}

/// Makes room when connections or files run out, so that idle clients cannot shut others out.
void HttpServer::Impl::close_longest_idle() {
  for (auto& io : threads) {
    asio::post(io->context, [raw = io.get()] {
      const auto now = Clock::now();
      Session* longest = nullptr;
      for (Session* session : raw->sessions) {
        if (!session->is_idle() || now - session->idle_since() < kIdleEnough) continue;
        if (!longest || session->idle_since() < longest->idle_since()) longest = session;
      }
      if (longest) longest->close();
    });
  }
}

bool HttpServer::Impl::stop(std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock(mutex);
    if (is_stopped) return true;
    is_stopped = true;
  }
  shared.is_draining = true;
  asio::post(threads.front()->context, [this] {
    error_code ignored;
    acceptor->close(ignored);
    accept_event->cancel();
  });
  for_sessions([](Session& session) { session.wake(); });
  const auto is_empty = [this] { return n_connections == 0; };
  std::unique_lock lock(mutex);
  const bool finished = changed.wait_for(lock, patience, is_empty);
  lock.unlock();
  if (!finished) {
    shared.is_aborting = true;
    for_sessions([](Session& session) { session.wake(); });
    lock.lock();
    changed.wait_for(lock, shared.options.cut_timeout, is_empty);
    lock.unlock();
  }
  for (auto& guard : guards) guard.reset();
  for (auto& io : threads) io->context.stop();
  for (auto& io : threads) {
    if (io->thread.joinable()) io->thread.join();
  }
  // Sessions of a thread that was busy longer than that end here, before what they need does.
  for (auto& io : threads) {
    io->context.restart();
    io->context.poll();
  }
  return finished;
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options,
                                                      Handler handler) {
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  QUERN_TRY(impl->listen());
  impl->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

int HttpServer::port() const { return impl_->bound_port; }

int HttpServer::n_connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->n_connections;
}

bool HttpServer::stop(std::chrono::milliseconds patience) { return impl_->stop(patience); }

}  // namespace quern::serve
