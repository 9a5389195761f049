// Fetching over HTTP(S): one request after another on a kept connection, the body handed on as it
// comes. libcurl does the work (http_client.cpp) and stays inside; the usual variables count:
// HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE. Tests: http_client_test.cpp, against test_server.h.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::net {

enum class Method { kGet, kHead, kPost };

struct HttpRequest {
  Method method = Method::kGet;
  std::string url;
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};                  // kPost; a redirect is not followed then.
  bool is_direct = false;                 // Past any proxy: for this machine's own addresses.
  std::string bearer = {};  // A token: for the url's own scheme, host and port, never past a
                            // redirect to others. "": none.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{30};  // Without a byte, once connected.
};

/// What a server says before a body.
struct HttpHead {
  int status = 0;
  std::string url;                             // That gave it.
  std::map<std::string, std::string> headers;  // Names in lower case; of several the last.

  /// The header's value, nullptr if there is none.
  const std::string* find(const std::string& name) const;
};

/// The way of one request: each redirect and, last, the answer.
struct HttpAnswer {
  std::vector<HttpHead> hops;

  const HttpHead& last() const { return hops.back(); }
  /// Of the first hop that has the header: what the asked server said, and not the one it sent on
  /// to.
  const std::string* find(const std::string& name) const;
};

/// Why no answer came.
struct HttpFailure {
  Status status;
  bool may_pass = false;  // Trying again can help: a lost connection can, an untrusted one cannot.
};

struct HttpOutcome {
  HttpAnswer answer;
  std::optional<HttpFailure> failure;
};

/// Takes an answer as it comes. An error of either ends the transfer and is the outcome's.
struct HttpSink {
  std::function<Status(const HttpAnswer&)> on_answer;  // Once, before the body.
  std::function<Status(std::string_view)> on_body;
};

/// Threads: one at a time.
class HttpClient {
 public:
  /// `is_cancelled` is asked about once a second and with each piece of a body; from other threads'
  /// point of view it is called on the thread of fetch().
  explicit HttpClient(std::function<bool()> is_cancelled = {});
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  /// Follows up to 8 redirects, from https to https only. Any status is an answer.
  /// Errors (HttpFailure::status): kBadInput (no such URL), kUnavailable (no connection, connection
  ///   lost, too many redirects, a certificate that is not trusted), kDeadline (the time-outs),
  ///   kCancelled, and whatever the sink returned.
  HttpOutcome fetch(const HttpRequest& request, const HttpSink& sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Appends a body to `body`. Its error: kBadInput for one longer than `limit_bytes`.
HttpSink collect(std::string& body, std::size_t limit_bytes);

/// `text` as one segment of a URL's path, or with its '/' kept as several.
std::string url_segment(std::string_view text);
std::string url_path(std::string_view text);

/// "https://host:port" of a URL, "" if it is none.
std::string url_origin(std::string_view url);

}  // namespace quern::net
