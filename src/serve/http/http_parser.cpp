#include "serve/http/http_parser.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"

namespace quern::serve {
namespace http = boost::beast::http;

struct RequestParser::Impl {
  http::request_parser<http::string_body> parser;
};

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

/// The parts of a request's target.
struct Target {
  std::string_view authority;       // Of the absolute form, which is what proxies are sent.
  std::string_view path_and_query;  // "/a?b", whatever the form; "?b" where the path is empty.
};

/// Nothing for what is no target for an origin server. Source: RFC 9112 section 3.2.
std::optional<Target> read_target(std::string_view target, std::string_view method) {
  if (target.starts_with('/')) return Target{.authority = {}, .path_and_query = target};
  if (target == "*" && method == "OPTIONS") {
    return Target{.authority = {}, .path_and_query = target};
  }
  const std::string scheme = lower(target.substr(0, std::min(target.find("://"), target.size())));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  target.remove_prefix(scheme.size() + 3);
  const std::size_t n = std::min(target.find_first_of("/?"), target.size());
  const std::string_view authority = target.substr(0, n);
  // Names before an '@' are no part of a host, and only there to mislead.
  if (authority.empty() || authority.find('@') != authority.npos) return std::nullopt;
  return Target{.authority = authority, .path_and_query = target.substr(n)};
}

bool is_too_large_header(const boost::system::error_code& ec) {
  return ec == http::error::header_limit || ec == http::error::buffer_overflow;
}

}  // namespace

RequestParser::RequestParser(const ParserLimits& limits)
    : limits_(limits), impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  impl_->parser.body_limit(limits.body_bytes);
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t n_used = 0;
  // RFC 9112 section 2.2: empty lines before the request line are ignored.
  while (!has_begun_ && bytes.starts_with("\r\n")) {
    bytes.remove_prefix(2);
    n_used += 2;
  }
  while (!bytes.empty() && (state_ == State::kHeader || state_ == State::kBody)) {
    if (!has_begun_ && bytes == "\r") return n_used;
    has_begun_ = true;
    boost::system::error_code ec;
    const std::size_t n =
        impl_->parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    n_used += n;
    bytes.remove_prefix(n);
    if (ec == http::error::need_more) {
      // Only a chunk's header or the trailers can make Beast wait without an end of its own.
      if (bytes.size() > limits_.header_bytes) fail(431, "a chunk's header is too large");
      break;
    }
    if (ec == http::error::bad_version) {
      fail(505, "the request is not HTTP/1.1 or HTTP/1.0");
    } else if (ec == http::error::body_limit) {
      fail(413, fmt::format("the request's body is larger than {}, the limit of this server",
                            human_bytes(limits_.body_bytes)));
    } else if (is_too_large_header(ec)) {
      fail(431, fmt::format("the request's headers are larger than {}",
                            human_bytes(limits_.header_bytes)));
    } else if (ec) {
      fail(400, fmt::format("not a valid HTTP request: {}", ec.message()));
    } else {
      if (state_ == State::kHeader && impl_->parser.is_header_done()) check_header();
      if (state_ == State::kBody && impl_->parser.is_done()) state_ = State::kDone;
    }
    if (n == 0) break;
  }
  return n_used;
}

void RequestParser::check_header() {
  auto& parser = impl_->parser;
  const auto& message = parser.get();
  const auto host = message.find(http::field::host);
  if (message.version() == 11 && host == message.end()) {
    return fail(400, "the request has no Host header");
  }
  // Whoever stands in front may have looked at the other one.
  if (message.count(http::field::host) > 1) {
    return fail(400, "the request has more than one Host header");
  }
  const auto encoding = message.find(http::field::content_encoding);
  if (encoding != message.end() && lower(encoding->value()) != "identity") {
    return fail(415, fmt::format("the body's Content-Encoding is '{}', wanted none",
                                 std::string_view(encoding->value())));
  }
  const auto transfer = message.find(http::field::transfer_encoding);
  if (transfer != message.end() && lower(transfer->value()) != "chunked") {
    return fail(501, fmt::format("the body's Transfer-Encoding is '{}', wanted chunked or none",
                                 std::string_view(transfer->value())));
  }
  const auto expect = message.find(http::field::expect);
  if (expect != message.end()) {
    if (lower(expect->value()) != "100-continue") {
      return fail(417, fmt::format("the request expects '{}', wanted 100-continue",
                                   std::string_view(expect->value())));
    }
    expects_continue_ = true;
  }
  const auto target = read_target(message.target(), message.method_string());
  if (!target) {
    return fail(400, "the request's target is not a path, nor a URL of http with a host");
  }
  const std::string_view whole = target->path_and_query;
  const std::size_t query = std::min(whole.find('?'), whole.size());
  if (!percent_decode(whole.substr(0, query), request_.path)) {
    return fail(400, "the request's path has a '%' without two hex digits behind it");
  }
  if (request_.path.empty()) request_.path = "/";
  if (query < whole.size()) request_.query = whole.substr(query + 1);
  request_.host = target->authority;
  if (request_.host.empty() && host != message.end()) request_.host = host->value();
  request_.method = message.method_string();
  for (const auto& field : message) {
    request_.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
  }
  parser.eager(true);
  state_ = State::kBody;
}

void RequestParser::fail(int status, std::string message) {
  state_ = State::kFailed;
  failed_status_ = status;
  failed_message_ = std::move(message);
}

bool RequestParser::keep_alive() const { return impl_->parser.get().keep_alive(); }
bool RequestParser::is_http10() const { return impl_->parser.get().version() == 10; }
std::size_t RequestParser::body_bytes() const { return impl_->parser.get().body().size(); }

Request RequestParser::take() {
  auto message = impl_->parser.release();
  Request request = std::move(request_);
  request.body = std::move(message.body());
  request.body.reserve(request.body.size() + kBodyPadding);
  return request;
}

}  // namespace quern::serve
