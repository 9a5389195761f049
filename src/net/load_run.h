// Load on an HTTP server: many requests at once from one thread, each timed from the moment it was
// meant to start. Plain HTTP/1.1 over kept connections; Boost.Beast does the work (load_run.cpp)
// and stays inside.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/latency_histogram.h"
#include "base/status.h"

namespace quern::net {

enum class Arrivals {
  kClosed,    // n_clients, each sends when its last answer is there.
  kConstant,  // Open: so many a second, whether or not answers come.
  kPoisson,   // Open, as from many who do not know of each other.
};

struct LoadPlan {
  std::string host;
  int port = 80;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::function<std::string(long i)> make_body;  // Of the i-th request.
  bool is_stream = false;                        // The answer is server-sent events.
  std::string wanted;  // What a good answer holds; "": anything of status 200.

  Arrivals arrivals = Arrivals::kClosed;
  int n_clients = 1;                           // kClosed.
  double rate = 0;                             // Open: requests a second.
  std::uint64_t seed = 0;                      // kPoisson.
  std::chrono::milliseconds warm_up{0};        // Before what is counted.
  std::chrono::milliseconds duration{10'000};  // Of what is counted.
  std::chrono::milliseconds timeout{60'000};   // Of one request, from its intended start.
  int max_connections = 1024;        // Open: more than that wait, and their waiting counts.
  bool honours_retry_after = false;  // 429 and 503 are asked again when they say.
  int max_retries = 5;
  std::function<bool()> is_stopped = {};  // Asked ten times a second.
};

/// What came in one stretch of the run.
struct LoadInterval {
  LatencyHistogram latency{5};
  long n_errors = 0;
};

struct LoadResult {
  double seconds = 0;          // Of what is counted.
  LatencyHistogram latency;    // From the intended start to the last byte, good answers only.
  LatencyHistogram service;    // From the moment it was sent: what a naive client would report.
  LatencyHistogram first;      // is_stream: from the intended start to the first token,
  LatencyHistogram per_token;  // and between tokens, averaged over an answer.
  LatencyHistogram lag;        // How much later than intended the client itself was.
  std::vector<LoadInterval> intervals;  // Of the same length each, by intended start.
  double interval_s = 0;
  std::map<std::string, long> errors;  // By kind: "status 503", "timeout", "connection", ...
  std::map<std::string, std::string> examples;  // Of each kind the first message.
  long n_tokens = 0;                            // is_stream: of good answers.
  long n_sent = 0;
  long n_retries = 0;
  long n_unanswered = 0;  // Still waiting when the run ended, after the patience for them.
  long n_answer_bytes = 0;
  int n_connections = 0;   // Most at once.
  double cpu_seconds = 0;  // Of this client, while it was counting.
};

/// Runs the plan to its end. Threads: the caller's alone.
/// Errors: kUnavailable where not even one connection can be made at the start; kBadInput for a
///   plan that makes no sense.
Result<LoadResult> run_load(const LoadPlan& plan);

/// The moments, in seconds from the start, at which an open plan sends.
class ArrivalTimes {
 public:
  ArrivalTimes(Arrivals arrivals, double rate, std::uint64_t seed)
      : arrivals_(arrivals), rate_(rate), random_(seed), gap_(rate) {}

  double next();

 private:
  Arrivals arrivals_;
  double rate_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;
  long n_ = 0;
  double at_ = 0;
};

/// Tokens in the answers of OpenAI's streams, as they come.
class StreamedTokens {
 public:
  /// More bytes of the body; true once any token has come.
  bool add(std::string_view bytes);

  long n_tokens() const { return n_usage_ > 0 ? n_usage_ : n_events_; }
  bool is_done() const { return is_done_; }      // "[DONE]" came.
  bool has_error() const { return has_error_; }  // An error came as an event.

 private:
  void take_line(std::string_view line);

  std::string line_;
  long n_events_ = 0;
  long n_usage_ = 0;
  bool is_done_ = false;
  bool has_error_ = false;
};

}  // namespace quern::net
