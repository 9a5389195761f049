// One request being answered: what a handler holds until it has responded, which may be much later
// and on another thread. The connection's side of it is in http_session.cpp.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/byte_ledger.h"
#include "serve/http/http.h"
#include "serve/http/http_error.h"

namespace quern::serve {

/// Threads: all functions may be called from any thread unless said otherwise; `request`, `route`
/// and both memories belong to the handler; `write_error` does not change once it is called.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  Request request;
  std::string route;          // For metrics and logs: the route's pattern, not the path.
  Reservation memory;         // For the body and what is made of it.
  Reservation answer_memory;  // For the answer, until it has gone out.
  ErrorWriter write_error = neutral_error;
  Clock::time_point started = Clock::now();
  Clock::time_point deadline = Clock::time_point::max();

  /// Answers. The first call counts, later ones are ignored, as are those after the client left.
  void respond(Response response);
  /// Answers with an error, in the words of the route's dialect.
  void fail(const HttpError& error) { respond(to_response(error, write_error)); }

  /// Answers piece by piece (server-sent events): head.body is the first piece. Then write any
  /// number of times and end once. A client may leave when it knows the last piece, so that goes
  /// out together with the end.
  void begin_stream(Response head);
  /// False when nobody reads any more; the handler should stop then.
  bool write(std::string bytes);
  void end(std::string last_bytes = {});
  /// Bytes written and not yet taken by the socket: slow readers show here.
  std::size_t unsent_bytes() const;

  /// Calls `fn` once if the client goes away, the deadline passes or the server is stopped before
  /// there is an answer; at once if that has happened. From the connection's thread.
  void on_gone(std::function<void()> fn);

  /// The client went away, the deadline passed or the server is stopped: no answer is wanted.
  bool is_gone() const;

  /// Runs `fn` on the connection's thread (to format an answer there, not on an engine's thread).
  /// Dropped when the client is gone.
  void post(std::function<void()> fn);

  // The connection's side, on its thread.

  /// How to run a function on the connection's thread. Before the handler is called.
  void attach(std::function<void(std::function<void()>)> post);
  bool has_output() const;
  bool is_streaming() const;
  /// The response, or the stream's head, once; nullopt if there is none (yet).
  std::optional<Response> take_response();
  struct Piece {
    std::string bytes;
    bool is_last = false;
  };
  /// The stream's bytes since the last call.
  Piece take_piece();
  /// What was taken has gone out.
  void sent_piece();
  /// No answer is wanted any more. Calls on_gone's function if `why` says so.
  enum class Detach { kAnswered, kGone };
  void detach(Detach why);

 private:
  void wake();  // With mutex_ held.

  mutable std::mutex mutex_;
  std::function<void(std::function<void()>)> post_;  // Empty: detached.
  std::function<void()> gone_;
  std::optional<Response> response_;
  std::string bytes_;
  std::size_t n_taken_ = 0;  // Of the piece that the connection is sending.
  bool is_answered_ = false;
  bool is_streaming_ = false;
  bool is_ended_ = false;
  bool is_detached_ = false;
  bool is_gone_ = false;
};

}  // namespace quern::serve
