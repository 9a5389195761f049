// The HTTP reader: any bytes, in pieces of any size, give a request, an error status or a wait for
// more; the size of the pieces does not change the request. The first byte chooses that size.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "serve/http/http_parser.h"

namespace {

using quern::serve::Request;
using quern::serve::RequestParser;
using State = RequestParser::State;

constexpr quern::serve::ParserLimits kLimits = {.header_bytes = 512, .body_bytes = 2048};

bool is_reading(const RequestParser& parser) {
  return parser.state() == State::kHeader || parser.state() == State::kBody;
}

/// Feeds as the server does: what the parser leaves comes again with more behind it.
std::optional<Request> parse(std::string_view bytes, std::size_t step) {
  RequestParser parser(kLimits);
  std::string waiting;
  while (!bytes.empty() && is_reading(parser)) {
    waiting += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (is_reading(parser)) {
      const auto state = parser.state();
      const std::size_t n_used = parser.feed(waiting);
      QUERN_CHECK(n_used <= waiting.size());
      waiting.erase(0, n_used);
      if (n_used == 0 && parser.state() == state) break;
    }
    // A connection must not make the server hold more than the limits.
    QUERN_CHECK(!is_reading(parser) || waiting.size() <= 4 * kLimits.header_bytes + step);
    QUERN_CHECK(parser.body_bytes() <= kLimits.body_bytes);
  }
  if (parser.state() == State::kFailed) {
    QUERN_CHECK(parser.failed_status() >= 400 && parser.failed_status() < 600);
    QUERN_CHECK(!parser.failed_message().empty());
  }
  if (parser.state() != State::kDone) return {};
  return parser.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, n - 1);
  const auto whole = parse(bytes, bytes.size() + 1);
  const auto pieces = parse(bytes, data[0] % 32 + std::size_t{1});
  if (!whole || !pieces) return 0;  // Limits may strike at different moments.
  QUERN_CHECK(whole->method == pieces->method && whole->path == pieces->path);
  QUERN_CHECK(whole->query == pieces->query && whole->headers == pieces->headers);
  QUERN_CHECK(whole->body == pieces->body && whole->host == pieces->host);
  QUERN_CHECK(whole->body.size() <= kLimits.body_bytes);
  return 0;
}
