// What lists that double as they grow come to take: for whoever books memory before it is used.

#pragma once

#include <algorithm>
#include <cstddef>

namespace quern::store {

/// At most the bytes that a list of `size` elements in room for `capacity` takes besides what it
/// has, for `more` of them: the new room, beside which the old one stands while it is copied.
constexpr std::size_t doubling_bytes(std::size_t size, std::size_t capacity, std::size_t more,
                                     std::size_t element_bytes) {
  const std::size_t wanted = size + more;
  if (wanted <= capacity) return 0;
  std::size_t room = std::max<std::size_t>(capacity, 1);
  while (room < wanted) room *= 2;
  return (room + room / 2 - capacity) * element_bytes;
}

}  // namespace quern::store
