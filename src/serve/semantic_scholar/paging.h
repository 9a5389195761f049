// Pages by offset and limit, and how far they go.

#pragma once

#include <cstdint>

#include "serve/json/json_members.h"
#include "serve/semantic_scholar/query_params.h"

namespace quern::serve {

/// How far pages of a route go.
struct PageWindow {
  std::int64_t max_limit = 1000;
  std::int64_t last = 9999;  // offset + limit, at most.
  // The `next` of a page behind which one of the same limit would end here is still given: clients
  // make that limit smaller by themselves.
  std::int64_t last_next = 10'000;
};

inline constexpr PageWindow kSearchWindow = {.max_limit = 100, .last = 1000, .last_next = 1000};
inline constexpr PageWindow kListWindow = {};

struct PageWish {
  std::int64_t offset = 0;
  std::int64_t limit = 100;
};

/// Errors: 400, also for what is beyond the window.
Problem parse_page(const QueryParams& params, const PageWindow& window, PageWish& out);

/// "offset", and "next" where there is more that can be had. It is offset + limit to the number:
/// clients stop, without a word, at any other.
void append_page(JsonMembers& members, const PageWish& page, const PageWindow& window,
                 bool has_more);

}  // namespace quern::serve
