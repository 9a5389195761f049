#include "engine/cache/disk_row.h"

#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "base/checksum.h"

namespace quern::engine {
namespace {

struct Head {
  std::uint64_t checksum;  // Of the key, the counts and what follows.
  std::uint32_t n_values;
  std::uint32_t n_ids;
};
static_assert(sizeof(Head) == 16);

std::uint64_t checksum_of(const ResultKey& key, std::span<const std::byte> behind_checksum) {
  std::string all(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  all.append(reinterpret_cast<const char*>(behind_checksum.data()), behind_checksum.size());
  return checksum64(std::as_bytes(std::span(all)));
}

}  // namespace

std::string disk_row(const ResultKey& key, const StoredResult& result) {
  Head head{.checksum = 0,
            .n_values = static_cast<std::uint32_t>(result.values.size()),
            .n_ids = static_cast<std::uint32_t>(result.ids.size())};
  std::string row(sizeof head + result.n_bytes(), '\0');
  char* const body = row.data() + sizeof head;
  const std::size_t value_bytes = result.values.size() * sizeof(float);
  if (value_bytes > 0) std::memcpy(body, result.values.data(), value_bytes);
  if (!result.ids.empty()) {
    std::memcpy(body + value_bytes, result.ids.data(), result.n_bytes() - value_bytes);
  }
  std::memcpy(row.data(), &head, sizeof head);
  head.checksum = checksum_of(key, std::as_bytes(std::span(row)).subspan(sizeof head.checksum));
  std::memcpy(row.data(), &head, sizeof head);
  return row;
}

Result<StoredResult> parse_disk_row(const ResultKey& key, std::span<const std::byte> row) {
  Head head{};
  if (row.size() < sizeof head) {
    return {Code::kBadInput,
            fmt::format("the row has {} bytes, want {} at least", row.size(), sizeof head)};
  }
  std::memcpy(&head, row.data(), sizeof head);
  const std::size_t body_bytes = row.size() - sizeof head;
  const std::uint64_t n_numbers = std::uint64_t{head.n_values} + head.n_ids;
  if (n_numbers * sizeof(float) != body_bytes) {
    return {Code::kBadInput,
            fmt::format("the row has {} bytes behind its head, want {} for {} "
                        "values and {} ids",
                        body_bytes, n_numbers * sizeof(float), head.n_values, head.n_ids)};
  }
  if (checksum_of(key, row.subspan(sizeof head.checksum)) != head.checksum) {
    return {Code::kBadInput, "the row's checksum is wrong"};
  }
  StoredResult out;
  out.values.resize(head.n_values);
  out.ids.resize(head.n_ids);
  const std::byte* const body = row.data() + sizeof head;
  const std::size_t value_bytes = out.values.size() * sizeof(float);
  if (value_bytes > 0) std::memcpy(out.values.data(), body, value_bytes);
  if (!out.ids.empty()) std::memcpy(out.ids.data(), body + value_bytes, body_bytes - value_bytes);
  return out;
}

}  // namespace quern::engine
