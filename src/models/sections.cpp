#include "models/sections.h"

#include <cstdint>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::models {
namespace {

Status check_packed(const MappedBytes& packed, std::size_t want) {
  if (packed.bytes.size() != want) {
    return {Code::kBadInput, fmt::format("packed weights '{}' have {} bytes, want {}",
                                         packed.file.path(), packed.bytes.size(), want)};
  }
  if (reinterpret_cast<std::uintptr_t>(packed.bytes.data()) % Buffer::kAlignment != 0) {
    return {Code::kBadInput, fmt::format("packed weights '{}' do not begin at a multiple of {}",
                                         packed.file.path(), Buffer::kAlignment)};
  }
  return {};
}

}  // namespace

std::size_t SectionSizes::total() const {
  return std::accumulate(bytes.begin(), bytes.end(), std::size_t{0});
}

SectionSizes count_sections(int n_sections, const PlaceSection& place) {
  SectionSizes out;
  for (int s = 0; s < n_sections; ++s) {
    WeightPlacer count = WeightPlacer::counting();
    place(s, count);
    out.bytes.push_back(count.n_bytes());
  }
  return out;
}

void bind_sections(const SectionSizes& sizes, const PlaceSection& place,
                   std::span<const std::byte> all) {
  QUERN_CHECK(all.size() == sizes.total());
  const std::byte* at = all.data();
  for (int s = 0; s < sizes.n(); ++s) {
    WeightPlacer bind = WeightPlacer::binding(at);
    place(s, bind);
    at += sizes.bytes[static_cast<std::size_t>(s)];
  }
}

Result<PackedWeights> place_sections(const SectionSizes& sizes, const PlaceSection& place,
                                     MappedBytes packed, ByteLedger& ledger,
                                     const std::string& tenant, ThreadPool& pool,
                                     const std::function<void()>& packed_section) {
  PackedWeights out;
  if (!packed.bytes.empty()) {
    QUERN_TRY(check_packed(packed, sizes.total()));
    QUERN_ASSIGN(out.held, ledger.reserve(tenant, packed.bytes.size()));
    bind_sections(sizes, place, packed.bytes);
    out.mapped = std::move(packed);
    return out;
  }
  QUERN_ASSIGN(out.storage, Buffer::make(ledger, tenant, sizes.total()));
  std::byte* at = out.storage.data();
  for (int s = 0; s < sizes.n(); ++s) {
    WeightPlacer fill = WeightPlacer::filling(at, pool);
    place(s, fill);
    at += fill.n_bytes();
    packed_section();
  }
  return out;
}

}  // namespace quern::models
