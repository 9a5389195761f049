#include "serve/http/http_session.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/duration.h"
#include "serve/http/http_error.h"

namespace quern::serve {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMaxReadAhead = 64 << 10;  // Pipelined bytes held while a request runs.
constexpr std::size_t kMaxLingered = 64u << 20;  // Bytes of a refused body thrown away.
constexpr auto kRefusedLinger = 5s;  // The client may still be sending what was refused.
constexpr auto kClosingLinger = 1s;
constexpr auto kDeadlineGrace = 250ms;  // The engine's own message about the deadline comes first.
// Bodies are accounted in such steps; below the first a connection's own buffers are larger.
constexpr std::size_t kAccountedStep = 64 << 10;
constexpr std::size_t kAccountedFrom = 4 << 10;
constexpr int kClientGone = 499;
constexpr std::string_view kTimeoutHeader = "x-request-timeout";
constexpr std::size_t kJoinedBody = 16 << 10;  // Smaller bodies go out in one packet with the head.

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t n =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), n};
}

enum class BodyIs { kSized, kChunked, kUntilClose };

std::string response_head(const Response& response, BodyIs body, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 reason_phrase(response.status), http_date());
  const auto out = std::back_inserter(head);
  if (response.status != 204) {
    fmt::format_to(out, "Content-Type: {}\r\n", response.content_type);
    if (body == BodyIs::kSized) {
      fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
    } else if (body == BodyIs::kChunked) {
      head += "Transfer-Encoding: chunked\r\n";
    }
  }
  for (const auto& [name, value] : response.headers) {
    fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  fmt::format_to(out, "Connection: {}\r\n\r\n", keep_alive ? "keep-alive" : "close");
  return head;
}

}  // namespace

Session::Session(tcp::socket socket, IoThread& io, SessionShared& shared)
    : socket_(std::move(socket)), io_(io), shared_(shared), event_(io.context) {
  io_.sessions.insert(this);
}

Session::~Session() {
  io_.sessions.erase(this);
  shared_.on_session_end();
}

void Session::start() {
  asio::co_spawn(
      io_.context, [self = shared_from_this()] { return self->run(); },
      [self = shared_from_this()](const std::exception_ptr&) { self->close(); });
}

void Session::close() {
  error_code ignored;
  socket_.close(ignored);
  is_eof_ = true;
  wake();
}

bool Session::is_drained() const { return shared_.is_draining.load() && in_.empty(); }

template <typename Ready>
Session::Awaitable<bool> Session::until(Ready ready, Clock::time_point deadline) {
  while (!ready() && !shared_.is_aborting.load()) {
    if (Clock::now() >= deadline) co_return false;
    pump();
    event_.expires_at(deadline);
    error_code ignored;
    co_await event_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return !shared_.is_aborting.load();
}

void Session::pump() {
  if (is_reading_ || is_eof_ || in_.size() >= kMaxReadAhead) return;
  is_reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& ec) {
    self->is_reading_ = false;
    if (ec) {
      self->is_eof_ = true;
    } else {
      self->read_available();
    }
    self->wake();
  });
}

void Session::read_available() {
  error_code ec;
  const std::size_t n = socket_.read_some(asio::buffer(io_.scratch), ec);
  if (ec == asio::error::would_block || ec == asio::error::interrupted) return;
  if (ec) {
    is_eof_ = true;
    return;
  }
  in_.append(io_.scratch.data(), n);
}

Session::Awaitable<void> Session::run() {
  for (bool is_first = true;; is_first = false) {
    const bool has_request = co_await wait_for_request(is_first);
    if (!has_request) break;
    RequestParser parser(shared_.options.limits);
    const bool keep_alive = co_await read_request(parser);
    if (!keep_alive) break;
  }
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  close();
}

Session::Awaitable<bool> Session::wait_for_request(bool is_first) {
  const auto& options = shared_.options;
  const auto patience = is_first ? options.header_timeout : options.keep_alive_timeout;
  is_idle_ = true;
  idle_since_ = Clock::now();
  co_await until([&] { return !in_.empty() || is_eof_ || is_drained(); }, idle_since_ + patience);
  is_idle_ = false;
  co_return !in_.empty() && !shared_.is_aborting.load();
}

/// Reads and answers one request; true if the connection is good for another.
Session::Awaitable<bool> Session::read_request(RequestParser& parser) {
  using State = RequestParser::State;
  const auto& options = shared_.options;
  const auto begun = Clock::now();
  Reservation memory;
  bool has_continued = false;
  while (parser.state() == State::kHeader || parser.state() == State::kBody) {
    const bool in_header = parser.state() == State::kHeader;
    const auto deadline = in_header ? begun + options.header_timeout
                                    : std::min(begun + options.request_timeout,
                                               Clock::now() + options.body_idle_timeout);
    const bool has_more = co_await read_some_of(parser, deadline);
    if (!has_more) {
      if (!is_eof_ && !shared_.is_aborting.load()) {
        co_await refuse(parser, http_error(408, "the request did not arrive in time"));
      }
      co_return false;
    }
    const bool is_body = parser.state() == State::kBody;
    if (!is_body && parser.state() != State::kDone) continue;
    // Who may not ask is told so before the body takes memory.
    if (is_body && in_header && shared_.options.objection) {
      if (std::optional<Response> objection = shared_.options.objection(parser.head())) {
        co_await refuse(parser, std::move(*objection));
        co_return false;
      }
    }
    if (const Status status = account(parser, memory); !status.ok()) {
      co_await refuse(parser, error_of(status));
      co_return false;
    }
    if (is_body && parser.expects_continue() && !std::exchange(has_continued, true) &&
        in_.empty()) {
      const bool sent = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return false;
    }
  }
  if (parser.state() == State::kFailed) {
    co_await refuse(parser, http_error(parser.failed_status(), parser.failed_message()));
    co_return false;
  }
  const bool keep_alive = co_await answer(parser, std::move(memory));
  co_return keep_alive;
}

/// Feeds the parser until it took something; false if nothing came in time.
Session::Awaitable<bool> Session::read_some_of(RequestParser& parser, Clock::time_point deadline) {
  for (;;) {
    const auto state = parser.state();
    const std::size_t n_used = parser.feed(in_);
    in_.erase(0, n_used);
    if (n_used > 0 || parser.state() != state) co_return true;
    const std::size_t n_before = in_.size();
    co_await until([&] { return in_.size() > n_before || is_eof_; }, deadline);
    if (in_.size() == n_before) co_return false;
  }
}

/// The body and the strings parsed from it: twice its bytes.
Status Session::account(const RequestParser& parser, Reservation& memory) {
  const std::size_t n_bytes = parser.body_bytes();
  if (shared_.options.ledger == nullptr || n_bytes < kAccountedFrom) return {};
  const std::size_t wanted = (n_bytes / kAccountedStep + 1) * kAccountedStep * 2;
  if (memory.bytes() >= wanted) return {};
  if (memory.bytes() == 0) {
    QUERN_ASSIGN(memory, shared_.options.ledger->reserve("requests", wanted));
    return {};
  }
  return memory.resize(wanted);
}

/// Answers a request that no handler will see, and closes without cutting the answer off.
Session::Awaitable<void> Session::refuse(const RequestParser& parser, HttpError error) {
  co_await refuse(parser, to_response(error, error_writer(parser.path())));
}

Session::Awaitable<void> Session::refuse(const RequestParser&, Response response) {
  const std::string bytes = response_head(response, BodyIs::kSized, false) + response.body;
  const bool sent = co_await write_all(bytes);
  if (shared_.options.on_finished)
    shared_.options.on_finished({.route = "", .status = response.status});
  if (sent) co_await linger(kRefusedLinger);
}

/// Closing a socket with unread bytes resets the connection, and the reset destroys what the client
/// has not read of the answer. So: say that no more comes, and throw away what still arrives.
Session::Awaitable<void> Session::linger(Clock::duration patience) {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  const auto deadline = Clock::now() + patience;
  std::size_t n_lingered = 0;
  while (!is_eof_ && n_lingered < kMaxLingered) {
    n_lingered += in_.size();
    in_.clear();
    const bool more = co_await until([&] { return !in_.empty() || is_eof_; }, deadline);
    if (!more) break;
  }
}

void Session::attach(const std::shared_ptr<Exchange>& exchange) {
  exchange->attach([weak = weak_from_this(), weak_exchange = std::weak_ptr(exchange),
                    &io = io_](std::function<void()> fn) {
    asio::post(io.context, [weak, weak_exchange, fn = std::move(fn)] {
      const auto self = weak.lock();
      const auto owner = weak_exchange.lock();
      if (!self || !owner) return;
      try {
        fn();
      } catch (const std::exception& e) {
        owner->fail(http_error(500, fmt::format("internal error: {}", e.what())));
      }
      self->wake();
    });
  });
}

void Session::call_handler(const std::shared_ptr<Exchange>& exchange) {
  try {
    shared_.handler(exchange);
  } catch (const std::exception& e) {
    exchange->fail(http_error(500, fmt::format("internal error: {}", e.what())));
  }
}

void Session::report(const Exchange& exchange, int status) const {
  if (!shared_.options.on_finished) return;
  const std::chrono::duration<double> took = Clock::now() - exchange.started;
  shared_.options.on_finished({.route = exchange.route, .status = status, .seconds = took.count()});
}

Session::Awaitable<bool> Session::answer(RequestParser& parser, Reservation memory) {
  Delivery how{.is_http10 = parser.is_http10(), .keep_alive = parser.keep_alive()};
  const auto exchange = std::make_shared<Exchange>();
  exchange->request = parser.take();
  exchange->write_error = error_writer(exchange->request.path);
  exchange->memory = std::move(memory);
  const Result<Clock::duration> limit = time_limit(exchange->request);
  if (limit.ok()) how.time_limit = *limit;
  exchange->deadline = exchange->started + how.time_limit;
  how.is_head = exchange->request.method == "HEAD";
  how.give_up = exchange->deadline + kDeadlineGrace;
  attach(exchange);
  // Also when this coroutine is destroyed in the middle: nobody may post to a dead io_context.
  const std::shared_ptr<void> detached(
      nullptr, [exchange](void*) { exchange->detach(Exchange::Detach::kGone); });
  if (limit.ok()) {
    call_handler(exchange);
  } else {
    exchange->fail(bad_request(limit.status().message()));
  }

  const int status = co_await deliver(*exchange, how);
  if (status != kClientGone) exchange->detach(Exchange::Detach::kAnswered);
  report(*exchange, status);
  if (!how.keep_alive && status != kClientGone) co_await linger(kClosingLinger);
  co_return how.keep_alive;
}

ErrorWriter Session::error_writer(std::string_view path) const {
  if (!shared_.options.error_writer) return neutral_error;
  return shared_.options.error_writer(path);
}

/// The server's, or what the client has time for where that is less.
Result<Session::Clock::duration> Session::time_limit(const Request& request) const {
  const std::string_view wanted = request.header(kTimeoutHeader);
  const Clock::duration most = shared_.options.request_timeout;
  if (wanted.empty()) return most;
  const auto limit = parse_duration(wanted);
  if (!limit.ok()) return limit.status().in(kTimeoutHeader);
  if (*limit <= Clock::duration::zero()) {
    return Status(Code::kBadInput,
                  fmt::format("{}: is '{}', want more than no time", kTimeoutHeader, wanted));
  }
  return std::min(most, std::chrono::duration_cast<Clock::duration>(*limit));
}

HttpError Session::too_late(Clock::duration limit) const {
  const bool is_ours = limit >= shared_.options.request_timeout;
  return http_error(
      504, fmt::format("the request took longer than {}, the limit of {}", human_duration(limit),
                       is_ours ? "this server" : "its client"));
}

/// Waits for the handler's answer and sends it. Returns its status; kClientGone, with keep_alive
/// off, if the client left first.
Session::Awaitable<int> Session::deliver(Exchange& exchange, Delivery& how) {
  const bool is_over =
      co_await until([&] { return exchange.has_output() || is_eof_; }, how.give_up);
  std::optional<Response> response = exchange.take_response();
  if (!response && (is_over || shared_.is_aborting.load())) {
    how.keep_alive = false;
    co_return kClientGone;
  }
  if (!response) {
    exchange.detach(Exchange::Detach::kGone);
    response = to_response(too_late(how.time_limit), exchange.write_error);
  }
  how.is_stream = exchange.is_streaming();
  if (shared_.is_draining.load() || (how.is_stream && how.is_http10)) how.keep_alive = false;
  const bool sent = co_await send(exchange, *response, how);
  if (sent) co_return response->status;
  how.keep_alive = false;
  co_return kClientGone;
}

Session::Awaitable<bool> Session::send(Exchange& exchange, Response& response,
                                       const Delivery& how) {
  const BodyIs body = !how.is_stream  ? BodyIs::kSized
                      : how.is_http10 ? BodyIs::kUntilClose
                                      : BodyIs::kChunked;
  std::string head = response_head(response, body, how.keep_alive);
  const bool is_joined = !how.is_head && !how.is_stream && response.body.size() <= kJoinedBody;
  if (is_joined) head += response.body;
  const bool head_sent = co_await write_all(head);
  if (!head_sent || how.is_head || is_joined) co_return head_sent;
  if (how.is_stream) {
    const bool stream_sent = co_await deliver_stream(exchange, how);
    co_return stream_sent;
  }
  const bool body_sent = co_await write_all(response.body);
  co_return body_sent;
}

Session::Awaitable<bool> Session::deliver_stream(Exchange& exchange, const Delivery& how) {
  const bool is_chunked = !how.is_http10;
  for (;;) {
    const auto [bytes, is_last] = exchange.take_piece();
    const bool has_frame = is_chunked && !bytes.empty();
    std::string piece = has_frame ? fmt::format("{:x}\r\n", bytes.size()) : "";
    std::string_view end = has_frame ? "\r\n" : "";
    if (is_last && is_chunked) end = has_frame ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
    // Together where that is one packet; a long piece is not copied.
    const bool is_short = bytes.size() <= kJoinedBody;
    if (is_short) piece.append(bytes).append(end);
    bool sent = co_await write_all(piece);
    if (!is_short && sent) sent = co_await write_all(bytes);
    if (!is_short && sent) sent = co_await write_all(end);
    exchange.sent_piece();
    if (!sent || is_last) co_return sent;
    const bool is_over =
        co_await until([&] { return exchange.has_output() || is_eof_; }, how.give_up);
    if (!is_over || !exchange.has_output()) co_return false;
  }
}

Session::Awaitable<bool> Session::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    error_code ec;
    const std::size_t n = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), ec);
    if (!ec) {
      bytes.remove_prefix(n);
    } else if (ec == asio::error::would_block) {
      // Shared, for the wait may outlive this call when the deadline passes.
      const auto is_writable = std::make_shared<bool>(false);
      socket_.async_wait(tcp::socket::wait_write,
                         [self = shared_from_this(), is_writable](const error_code&) {
                           *is_writable = true;
                           self->wake();
                         });
      const auto deadline = Clock::now() + shared_.options.write_timeout;
      const bool in_time = co_await until([&] { return *is_writable; }, deadline);
      if (!in_time) co_return false;
    } else if (ec != asio::error::interrupted) {
      co_return false;
    }
  }
  co_return true;
}

}  // namespace quern::serve
