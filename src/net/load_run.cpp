#include "net/load_run.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

namespace quern::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr int kMaxIntervals = 120;
constexpr std::uint64_t kMaxAnswerBytes = 256u << 20;
constexpr auto kMaxRetryAfter = std::chrono::seconds(30);
constexpr auto kStopPoll = std::chrono::milliseconds(100);
constexpr std::size_t kMaxExample = 200;

std::int64_t micros(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Connection {
  explicit Connection(asio::io_context& context) : stream(context) {}
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  bool is_open = false;
};

/// A request that waits for a connection.
struct Waiter {
  asio::steady_timer turn;
  std::unique_ptr<Connection> connection;
};

/// What became of one try.
struct Try {
  std::string error;    // The kind; "" for a good answer.
  std::string example;  // More of it.
  std::optional<Clock::duration> retry_after;
  Clock::time_point sent;
  Clock::time_point first;  // Token.
  Clock::time_point last;   // Byte.
  long n_tokens = 0;
  std::size_t n_bytes = 0;
};

bool is_awaited_status(unsigned status) { return status == 429 || status == 503; }

std::optional<Clock::duration> retry_after_of(beast::string_view text) {
  int seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || seconds > 100'000) return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  if (text.empty()) return std::nullopt;
  return std::min<Clock::duration>(std::chrono::seconds(seconds), kMaxRetryAfter);
}

/// One run. All of it is on the one thread that runs the context.
class Run {
 public:
  Run(const LoadPlan& plan, tcp::resolver::results_type server)
      : plan_(plan), server_(std::move(server)), stop_timer_(context_) {
    const double seconds = std::chrono::duration<double>(plan.duration).count();
    result_.interval_s = std::max(0.1, seconds / kMaxIntervals);
    result_.intervals.resize(static_cast<std::size_t>(seconds / result_.interval_s) + 1);
  }

  LoadResult run();

 private:
  asio::awaitable<void> client();
  asio::awaitable<void> arrivals();
  std::unique_ptr<Connection> free_connection();
  asio::awaitable<void> one_arrival(Clock::time_point intended);
  asio::awaitable<void> answer(Connection& connection, Clock::time_point intended);
  asio::awaitable<Try> attempt(Connection& connection, const std::string& body,
                               Clock::time_point deadline);
  asio::awaitable<error_code> connect(Connection& connection);
  asio::awaitable<void> read_answer(Connection& connection, Try& made);
  asio::awaitable<void> watch();
  void record(const Try& made, Clock::time_point intended);
  void record_error(const Try& made, Clock::time_point intended);
  bool is_over() const { return is_stopped_ || Clock::now() >= end_; }
  bool counts(Clock::time_point intended) const {
    return intended >= count_from_ && intended < end_;
  }
  LoadInterval& interval_of(Clock::time_point intended);

  const LoadPlan& plan_;
  asio::io_context context_{1};
  tcp::resolver::results_type server_;
  asio::steady_timer stop_timer_;
  LoadResult result_;
  Clock::time_point start_, count_from_, end_;
  std::vector<std::unique_ptr<Connection>> idle_;  // Open plans.
  std::deque<Waiter*> waiting_;                    // For one of them.
  int n_connections_ = 0;
  long n_made_ = 0;
  long n_counting_ = 0;  // Requests under way that count.
  bool is_stopped_ = false;
};

LoadInterval& Run::interval_of(Clock::time_point intended) {
  const double at = std::chrono::duration<double>(intended - count_from_).count();
  const auto i = static_cast<std::size_t>(std::max(0.0, at / result_.interval_s));
  return result_.intervals[std::min(i, result_.intervals.size() - 1)];
}

void Run::record_error(const Try& made, Clock::time_point intended) {
  ++result_.errors[made.error];
  result_.examples.emplace(made.error, made.example.substr(0, kMaxExample));
  ++interval_of(intended).n_errors;
}

void Run::record(const Try& made, Clock::time_point intended) {
  if (!made.error.empty()) return record_error(made, intended);
  result_.latency.add(micros(made.last - intended));
  result_.service.add(micros(made.last - made.sent));
  interval_of(intended).latency.add(micros(made.last - intended));
  result_.n_answer_bytes += static_cast<long>(made.n_bytes);
  if (!plan_.is_stream) return;
  result_.n_tokens += made.n_tokens;
  result_.first.add(micros(made.first - intended));
  if (made.n_tokens > 1) {
    result_.per_token.add(micros(made.last - made.first) / (made.n_tokens - 1));
  }
}

asio::awaitable<error_code> Run::connect(Connection& connection) {
  error_code error;
  connection.buffer.clear();
  co_await connection.stream.async_connect(server_,
                                           asio::redirect_error(asio::use_awaitable, error));
  if (!error) connection.stream.socket().set_option(tcp::no_delay(true), error);
  connection.is_open = !error;
  co_return error;
}

std::string kind_of(error_code error) {
  if (error == beast::error::timeout) return "timeout";
  if (error == http::error::end_of_stream || error == asio::error::connection_reset ||
      error == asio::error::broken_pipe || error == asio::error::eof) {
    return "connection closed";
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    return "not http";
  }
  return "connection";
}

asio::awaitable<void> Run::read_answer(Connection& connection, Try& made) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswerBytes);
  error_code error;
  StreamedTokens tokens;
  std::size_t n_seen = 0;
  bool has_token = false;
  while (!parser.is_done()) {
    co_await http::async_read_some(connection.stream, connection.buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const std::string& body = parser.get().body();
    if (!plan_.is_stream || body.size() == n_seen) continue;
    if (tokens.add(std::string_view(body).substr(n_seen)) && !std::exchange(has_token, true)) {
      made.first = Clock::now();
    }
    n_seen = body.size();
  }
  made.last = Clock::now();
  const std::string& body = parser.get().body();
  made.n_bytes = body.size();
  made.n_tokens = tokens.n_tokens();
  const unsigned status = parser.get().result_int();
  if (error || !parser.keep_alive()) connection.is_open = false;
  if (error) {
    made.error = kind_of(error);
    made.example = error.message();
  } else if (status != 200) {
    made.error = fmt::format("status {}", status);
    made.example = body;
    if (is_awaited_status(status)) {
      made.retry_after = retry_after_of(parser.get()[http::field::retry_after]);
    }
  } else if (plan_.is_stream ? tokens.has_error() || !tokens.is_done()
                             : body.find(plan_.wanted) == std::string::npos) {
    made.error = plan_.is_stream && !tokens.has_error() ? "stream cut short" : "not an answer";
    made.example = body;
  } else if (!has_token) {
    made.first = made.last;
  }
}

asio::awaitable<Try> Run::attempt(Connection& connection, const std::string& body,
                                  Clock::time_point deadline) {
  Try made;
  made.sent = Clock::now();
  error_code error;
  connection.stream.expires_at(deadline);
  if (!connection.is_open) error = co_await connect(connection);
  if (!error) {
    http::request<http::string_body> request{http::verb::post, plan_.path, 11, body};
    request.set(http::field::host, fmt::format("{}:{}", plan_.host, plan_.port));
    request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : plan_.headers) request.set(name, value);
    request.prepare_payload();
    co_await http::async_write(connection.stream, request,
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (error) {
    connection.is_open = false;
    made.error = error == beast::error::timeout ? "timeout" : "connection";
    made.example = error.message();
    made.last = Clock::now();
  } else {
    co_await read_answer(connection, made);
  }
  if (!connection.is_open) connection.stream.close();
  co_return made;
}

// One request, with its retries; counted if it was meant to start while we count.
asio::awaitable<void> Run::answer(Connection& connection, Clock::time_point intended) {
  const bool is_counted = counts(intended);
  if (is_counted) ++n_counting_;
  const std::string body = plan_.make_body(n_made_++);
  const Clock::time_point deadline = intended + plan_.timeout;
  if (is_counted) {
    ++result_.n_sent;
    result_.lag.add(micros(Clock::now() - intended));
  }
  const Clock::time_point sent = Clock::now();
  Try made = co_await attempt(connection, body, deadline);
  for (int i = 0; i < plan_.max_retries && plan_.honours_retry_after && made.retry_after; ++i) {
    asio::steady_timer timer(context_, *made.retry_after);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (is_stopped_ || Clock::now() >= deadline) break;
    if (is_counted) ++result_.n_retries;
    made = co_await attempt(connection, body, deadline);
    made.sent = sent;
  }
  if (!is_counted) co_return;
  --n_counting_;
  record(made, intended);
}

asio::awaitable<void> Run::client() {
  Connection connection(context_);
  ++n_connections_;
  result_.n_connections = std::max(result_.n_connections, n_connections_);
  while (!is_over()) {
    const bool was_open = connection.is_open;
    co_await answer(connection, Clock::now());
    if (was_open || connection.is_open || is_over()) continue;
    // A server that is not there is not asked as fast as a processor can.
    asio::steady_timer timer(context_, std::chrono::milliseconds(10));
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// Null where all are taken and no more may be.
std::unique_ptr<Connection> Run::free_connection() {
  std::unique_ptr<Connection> connection;
  if (!idle_.empty()) {
    connection = std::move(idle_.back());
    idle_.pop_back();
  } else if (n_connections_ < plan_.max_connections) {
    connection = std::make_unique<Connection>(context_);
    result_.n_connections = std::max(result_.n_connections, ++n_connections_);
  }
  return connection;
}

asio::awaitable<void> Run::one_arrival(Clock::time_point intended) {
  Waiter waiter{.turn = asio::steady_timer(context_, Clock::time_point::max()),
                .connection = free_connection()};
  if (!waiter.connection) {
    waiting_.push_back(&waiter);
    error_code ignored;
    co_await waiter.turn.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_await answer(*waiter.connection, intended);
  if (waiting_.empty()) {
    idle_.push_back(std::move(waiter.connection));
    co_return;
  }
  // Handed on: whoever comes next may not take it from who has waited longest.
  Waiter& next = *waiting_.front();
  waiting_.pop_front();
  next.connection = std::move(waiter.connection);
  next.turn.cancel();
}

asio::awaitable<void> Run::arrivals() {
  const double until = std::chrono::duration<double>(end_ - start_).count();
  asio::steady_timer timer(context_);
  ArrivalTimes times(plan_.arrivals, plan_.rate, plan_.seed);
  for (double at = times.next(); at < until; at = times.next()) {
    const Clock::time_point intended =
        start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(at));
    if (intended > Clock::now()) {
      timer.expires_at(intended);
      error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (is_stopped_) co_return;
    asio::co_spawn(context_, one_arrival(intended), asio::detached);
  }
}

// Ends the run: when all that counts is answered, or patience for it is over, or we are told to.
asio::awaitable<void> Run::watch() {
  const double before = cpu_seconds();
  double at_count = before;
  double at_end = before;
  while (true) {
    stop_timer_.expires_after(kStopPoll);
    error_code ignored;
    co_await stop_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const Clock::time_point now = Clock::now();
    if (now < count_from_) at_count = cpu_seconds();
    if (now < end_) at_end = cpu_seconds();
    if (plan_.is_stopped && plan_.is_stopped()) is_stopped_ = true;
    if (is_stopped_) end_ = std::min(end_, now);
    const bool is_answered = n_counting_ == 0 && waiting_.empty() && now >= end_ + kStopPoll;
    if (is_stopped_ || is_answered || now > end_ + plan_.timeout + kStopPoll) break;
  }
  result_.cpu_seconds = std::max(0.0, at_end - at_count);
  result_.n_unanswered = n_counting_ + static_cast<long>(waiting_.size());
  result_.seconds = std::max(1e-3, std::chrono::duration<double>(end_ - count_from_).count());
  is_stopped_ = true;
  context_.stop();
}

LoadResult Run::run() {
  start_ = Clock::now();
  count_from_ = start_ + plan_.warm_up;
  end_ = count_from_ + plan_.duration;
  asio::co_spawn(context_, watch(), asio::detached);
  if (plan_.arrivals == Arrivals::kClosed) {
    for (int i = 0; i < plan_.n_clients; ++i) asio::co_spawn(context_, client(), asio::detached);
  } else {
    asio::co_spawn(context_, arrivals(), asio::detached);
  }
  context_.run();
  const auto n_used = static_cast<std::size_t>(result_.seconds / result_.interval_s + 0.999);
  result_.intervals.resize(std::clamp<std::size_t>(n_used, 1, result_.intervals.size()));
  return std::move(result_);
}

Status check_plan(const LoadPlan& plan) {
  const bool is_open = plan.arrivals != Arrivals::kClosed;
  if (is_open && !(plan.rate > 0 && plan.rate <= 1e6)) {
    return {Code::kBadInput, fmt::format("a rate of {} a second, want up to 1e6", plan.rate)};
  }
  if (!is_open && plan.n_clients < 1) {
    return {Code::kBadInput, fmt::format("{} clients, want at least 1", plan.n_clients)};
  }
  return {};
}

}  // namespace

double ArrivalTimes::next() {
  // The i-th of i / rate, not a sum of gaps, which would drift.
  if (arrivals_ == Arrivals::kConstant) return static_cast<double>(n_++) / rate_;
  return at_ += gap_(random_);
}

bool StreamedTokens::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    take_line(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
  return n_events_ > 0;
}

// The fields that matter are found by their names: events are small, and are not ours to judge.
void StreamedTokens::take_line(std::string_view line) {
  constexpr std::string_view kUsage = "\"completion_tokens\":";
  if (!line.starts_with("data:")) return;
  if (line.find("[DONE]") != std::string_view::npos) is_done_ = true;
  if (line.find("\"error\"") != std::string_view::npos &&
      line.find("\"choices\"") == std::string_view::npos) {
    has_error_ = true;
  }
  for (const std::string_view name : {"\"content\":", "\"reasoning_content\":", "\"text\":"}) {
    std::size_t at = line.find(name);
    if (at == std::string_view::npos) continue;
    at += name.size();
    while (at < line.size() && line[at] == ' ') ++at;
    if (at + 1 < line.size() && line[at] == '"' && line[at + 1] != '"') {
      ++n_events_;
      break;
    }
  }
  const std::size_t usage = line.find(kUsage);
  if (usage == std::string_view::npos) return;
  long n = 0;
  for (const char c : line.substr(usage + kUsage.size())) {
    if (c == ' ' && n == 0) continue;
    if (c < '0' || c > '9' || n > 100'000'000) break;
    n = n * 10 + (c - '0');
  }
  n_usage_ = std::max(n_usage_, n);
}

Result<LoadResult> run_load(const LoadPlan& plan) {
  QUERN_TRY(check_plan(plan));
  asio::io_context context;
  tcp::resolver resolver(context);
  error_code error;
  const auto server = resolver.resolve(plan.host, std::to_string(plan.port), error);
  if (error) {
    return Status(Code::kUnavailable,
                  fmt::format("no address of '{}': {}", plan.host, error.message()));
  }
  tcp::socket socket(context);
  asio::connect(socket, server, error);
  if (error) {
    return Status(Code::kUnavailable, fmt::format("nothing answers at {}:{}: {}", plan.host,
                                                  plan.port, error.message()));
  }
  socket.close(error);
  return Run(plan, server).run();
}

}  // namespace quern::net
