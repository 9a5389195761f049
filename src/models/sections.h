// A model's packed weights as a run of sections, each a unit that can be written, checked, bound or
// read alone: what all layers share, and one section a layer.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/mapped_sections.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "models/weight_placer.h"
#include "models/weight_window.h"

namespace quern::models {

/// How a model's sections are laid out and come about.
struct SectionWalk {
  std::vector<std::size_t> bytes;  // Of each section; multiples of 64.
  // Counts, fills or binds one section (weight_placer.h).
  std::function<void(int section, WeightPlacer& placer)> place;
  std::vector<SectionUse> uses;     // Of each section.
  std::size_t most_read_bytes = 0;  // Of the source, at a time, while a section is filled.
  // The pages of the source that were read are not needed any more.
  std::function<void()> drop_source = [] {};

  int n() const { return static_cast<int>(bytes.size()); }
  std::size_t total() const;
  /// What stays of them in memory at least where they are streamed.
  std::size_t least() const { return SectionStream::least_bytes(bytes, uses); }
};

/// Counts the sections, which passes use like this.
SectionWalk walk_sections(std::vector<SectionUse> uses,
                          std::function<void(int section, WeightPlacer& placer)> place);

/// Where weights are made, and on whose account.
struct WeightRoom {
  ByteLedger& ledger;
  std::string tenant;
  ThreadPool& pool;
};

/// Packs all sections into memory. Errors: kExhausted: beside them, what is read of the source
/// takes room for a while.
Result<WeightWindow> fill_sections(const SectionWalk& walk, const WeightRoom& room);

/// Takes the sections of a packed file, in order, as they are made.
class SectionSink {
 public:
  virtual ~SectionSink() = default;
  virtual Status begin(const std::vector<std::size_t>& bytes) = 0;
  virtual Status add(std::span<const std::byte> section) = 0;
};

/// Packs section by section: memory holds the largest one at most, and what is read of its source.
/// What `walk` was bound to is of no use afterwards.
/// Errors: kExhausted; of the sink.
Status stream_sections(const SectionWalk& walk, const WeightRoom& room, SectionSink& sink);

/// Binds to sections that were streamed before, after checking each of them.
/// Errors: kBadInput when they are damaged or of other sizes than these; kExhausted.
Result<WeightWindow> bind_sections(const SectionWalk& walk, MappedSections packed,
                                   Residency residency, const WeightRoom& room);

}  // namespace quern::models
