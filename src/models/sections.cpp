#include "models/sections.h"

#include <algorithm>
#include <cstring>
#include <memory>
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

/// Every section's checksum. Streamed ones go again as they are read: the whole is never resident.
Status check_content(const MappedSections& packed, Residency residency, ThreadPool& pool) {
  const auto after = residency == Residency::kWhole ? PagesAfter::kStay : PagesAfter::kGo;
  std::vector<Status> found(packed.sections.size());
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kChecking, packed.n_bytes());
  pool.parallel_for(packed.n(), [&](int i, int) {
    found[static_cast<std::size_t>(i)] = packed.check(i, after);
    meter.add(packed.sections[static_cast<std::size_t>(i)].bytes.size());
  });
  for (Status& status : found) QUERN_TRY(std::move(status));
  return {};
}

}  // namespace

std::size_t SectionWalk::total() const {
  return std::accumulate(bytes.begin(), bytes.end(), std::size_t{0});
}

SectionWalk walk_sections(std::vector<SectionUse> uses,
                          std::function<void(int section, WeightPlacer& placer)> place) {
  SectionWalk walk;
  walk.place = std::move(place);
  walk.uses = std::move(uses);
  for (int s = 0; s < static_cast<int>(walk.uses.size()); ++s) {
    WeightPlacer count = WeightPlacer::counting();
    walk.place(s, count);
    walk.bytes.push_back(count.n_bytes());
    walk.most_read_bytes = std::max(walk.most_read_bytes, count.most_read_bytes());
  }
  return walk;
}

Result<WeightWindow> fill_sections(const SectionWalk& walk, const WeightRoom& room) {
  QUERN_ASSIGN(const Reservation source, room.ledger.reserve(room.tenant, walk.most_read_bytes));
  QUERN_ASSIGN(Buffer storage, Buffer::make(room.ledger, room.tenant, walk.total()));
  std::vector<std::span<const std::byte>> sections;
  std::byte* at = storage.data();
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kPacking, walk.total());
  for (int s = 0; s < walk.n(); ++s) {
    WeightPlacer fill = WeightPlacer::filling(at, room.pool, walk.drop_source);
    walk.place(s, fill);
    walk.drop_source();
    sections.push_back({at, fill.n_bytes()});
    at += fill.n_bytes();
    meter.add(fill.n_bytes());
  }
  return WeightWindow(std::move(storage), std::move(sections));
}

Status stream_sections(const SectionWalk& walk, const WeightRoom& room, SectionSink& sink) {
  QUERN_ASSIGN(const Reservation source, room.ledger.reserve(room.tenant, walk.most_read_bytes));
  const std::size_t largest =
      walk.n() == 0 ? 0 : *std::max_element(walk.bytes.begin(), walk.bytes.end());
  QUERN_ASSIGN(Buffer buffer, Buffer::make(room.ledger, room.tenant, largest));
  QUERN_TRY(sink.begin(walk.bytes));
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kPacking, walk.total());
  for (int s = 0; s < walk.n(); ++s) {
    // What alignment leaves out is zero in every file.
    std::memset(buffer.data(), 0, walk.bytes[static_cast<std::size_t>(s)]);
    WeightPlacer fill = WeightPlacer::filling(buffer.data(), room.pool, walk.drop_source);
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
  QUERN_ASSIGN(Reservation held,
               room.ledger.reserve(room.tenant, is_whole ? walk.total() : walk.least()));
  QUERN_TRY(check_content(packed, residency, room.pool));
  for (int s = 0; s < walk.n(); ++s) {
    WeightPlacer bind =
        WeightPlacer::binding(packed.sections[static_cast<std::size_t>(s)].bytes.data());
    walk.place(s, bind);
  }
  if (is_whole) return WeightWindow(std::move(packed), std::move(held));
  return WeightWindow(std::make_unique<SectionStream>(
      room.ledger, std::move(packed),
      SectionStream::Plan{.uses = walk.uses, .keeps = residency == Residency::kStreamed},
      std::move(held)));
}

}  // namespace quern::models
