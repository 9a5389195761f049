#include "models/sections.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/load_meter.h"
#include "tensor/buffer.h"

namespace quern::models {
namespace {

Status check_sizes(const SectionWalk& walk, const MappedSections& packed) {
  const auto is_same = [](const MappedSections::Section& section, std::size_t want) {
    return section.bytes.size() == want;
  };
  if (std::equal(packed.sections.begin(), packed.sections.end(), walk.bytes.begin(),
                 walk.bytes.end(), is_same)) {
    return {};
  }
  return {Code::kBadInput,
          fmt::format("packed weights '{}' have {} bytes in {} sections, want {} in {}",
                      packed.file.path(), packed.n_bytes(), packed.n(), walk.total(), walk.n())};
}

Status check_alignment(const MappedSections& packed) {
  for (const MappedSections::Section& section : packed.sections) {
    if (reinterpret_cast<std::uintptr_t>(section.bytes.data()) % Buffer::kAlignment == 0) continue;
    return {Code::kBadInput, fmt::format("packed weights '{}' do not begin at a multiple of {}",
                                         packed.file.path(), Buffer::kAlignment)};
  }
  return {};
}

/// Every section's checksum. Streamed sections go again: the whole is never resident.
Status check_content(const MappedSections& packed, int n_kept, ThreadPool& pool) {
  std::vector<Status> found(packed.sections.size());
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kChecking, packed.n_bytes());
  pool.parallel_for(packed.n(), [&](int i, int) {
    found[static_cast<std::size_t>(i)] = packed.check(i);
    meter.add(packed.sections[static_cast<std::size_t>(i)].bytes.size());
    if (i >= n_kept) packed.file.drop_pages(packed.sections[static_cast<std::size_t>(i)].bytes);
  });
  for (Status& status : found) QUERN_TRY(std::move(status));
  return {};
}

/// What stays of a streamed model: what is shared, the layer that is read and the one behind it.
std::size_t streamed_bytes(const SectionWalk& walk) {
  const auto layers = walk.bytes.begin() + walk.n_shared;
  const std::size_t shared = std::accumulate(walk.bytes.begin(), layers, std::size_t{0});
  const auto largest = std::max_element(layers, walk.bytes.end());
  return shared + (largest == walk.bytes.end() ? 0 : 2 * *largest);
}

}  // namespace

std::size_t SectionWalk::total() const {
  return std::accumulate(bytes.begin(), bytes.end(), std::size_t{0});
}

SectionWalk walk_sections(int n_sections,
                          std::function<void(int section, WeightPlacer& placer)> place) {
  SectionWalk walk;
  walk.place = std::move(place);
  for (int s = 0; s < n_sections; ++s) {
    WeightPlacer count = WeightPlacer::counting();
    walk.place(s, count);
    walk.bytes.push_back(count.n_bytes());
  }
  return walk;
}

Result<WeightWindow> fill_sections(const SectionWalk& walk, const WeightRoom& room) {
  QUERN_ASSIGN(Buffer storage, Buffer::make(room.ledger, room.tenant, walk.total()));
  std::vector<std::span<const std::byte>> sections;
  std::byte* at = storage.data();
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kPacking, walk.total());
  for (int s = 0; s < walk.n(); ++s) {
    WeightPlacer fill = WeightPlacer::filling(at, room.pool);
    walk.place(s, fill);
    walk.drop_source();
    sections.push_back({at, fill.n_bytes()});
    at += fill.n_bytes();
    meter.add(fill.n_bytes());
  }
  return WeightWindow(std::move(storage), std::move(sections));
}

Status stream_sections(const SectionWalk& walk, const WeightRoom& room, SectionSink& sink) {
  // A model that will not fit is refused before it is packed.
  QUERN_TRY(room.ledger.reserve(room.tenant, walk.total()).status());
  const std::size_t largest =
      walk.n() == 0 ? 0 : *std::max_element(walk.bytes.begin(), walk.bytes.end());
  QUERN_ASSIGN(Buffer buffer, Buffer::make(room.ledger, room.tenant, largest));
  QUERN_TRY(sink.begin(walk.bytes));
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kPacking, walk.total());
  for (int s = 0; s < walk.n(); ++s) {
    // What alignment leaves out is zero in every file.
    std::memset(buffer.data(), 0, walk.bytes[static_cast<std::size_t>(s)]);
    WeightPlacer fill = WeightPlacer::filling(buffer.data(), room.pool);
    walk.place(s, fill);
    walk.drop_source();
    QUERN_TRY(sink.add({buffer.data(), fill.n_bytes()}));
    meter.add(fill.n_bytes());
  }
  return {};
}

Result<WeightWindow> bind_sections(const SectionWalk& walk, MappedSections packed,
                                   Residency residency, const WeightRoom& room) {
  QUERN_TRY(check_sizes(walk, packed));
  QUERN_TRY(check_alignment(packed));
  const bool is_whole = residency == Residency::kWhole;
  const int n_kept = is_whole ? walk.n() : walk.n_shared;
  QUERN_ASSIGN(Reservation held,
               room.ledger.reserve(room.tenant, is_whole ? walk.total() : streamed_bytes(walk)));
  QUERN_TRY(check_content(packed, n_kept, room.pool));
  for (int s = 0; s < walk.n(); ++s) {
    WeightPlacer bind =
        WeightPlacer::binding(packed.sections[static_cast<std::size_t>(s)].bytes.data());
    walk.place(s, bind);
  }
  return WeightWindow(std::move(packed), n_kept, std::move(held));
}

}  // namespace quern::models
