#include "serve/semantic_scholar/paging.h"

#include <fmt/format.h>

namespace quern::serve {

Problem parse_page(const QueryParams& params, const PageWindow& window, PageWish& out) {
  constexpr std::int64_t kMost = std::int64_t{1} << 52;
  if (Problem problem = params.read_integer("offset", 0, kMost, out.offset)) return problem;
  if (Problem problem = params.read_integer("limit", 1, window.max_limit, out.limit)) {
    return problem;
  }
  if (out.offset + out.limit <= window.last) return {};
  return bad_request(fmt::format("Requested data for this limit and/or offset is not available: "
                                 "offset + limit is {}, wanted {} at most",
                                 out.offset + out.limit, window.last),
                     "offset");
}

void append_page(JsonMembers& members, const PageWish& page, const PageWindow& window,
                 bool has_more) {
  members.integer("offset", page.offset);
  const std::int64_t next = page.offset + page.limit;
  if (has_more && next + page.limit <= window.last_next) members.integer("next", next);
}

}  // namespace quern::serve
