// Sections of a packed file that take turns in memory: those that passes are at, the one that is
// read ahead, and as many more as there is memory to spare for. The file is mapped; what a section
// takes are its resident pages.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "base/byte_ledger.h"
#include "base/mapped_sections.h"

namespace quern::models {

/// How passes use a section.
enum class SectionUse {
  kAlways,         // Every layer reads it: it stays.
  kInTurn,         // A layer's, or the output's.
  kRows,           // Single rows are looked up,
  kRowsAndInTurn,  // or all of it is the output's too.
};

/// Threads: all functions from any thread.
class SectionStream {
 public:
  struct Plan {
    std::vector<SectionUse> uses;  // Of each section.
    bool keeps = true;             // What memory is to spare.
  };
  struct Stats {
    std::size_t n_read_bytes = 0;  // Made resident so far, of sections that take turns,
    double read_seconds = 0;       // and the time that took,
    double waited_seconds = 0;     // and how much of it passes waited.
  };

  /// Rows that may be looked up before drop_rows(), and what they leave resident at most: the
  /// system may map a large page of 2 MB around each.
  static constexpr int kRowsResident = 8;
  static constexpr std::size_t kRowBytes = kRowsResident * (std::size_t{2} << 20);

  /// Resident bytes of a model of such sections, at least: what always stays, of the others the two
  /// largest, and what the system maps around them.
  static std::size_t least_bytes(std::span<const std::size_t> sizes,
                                 std::span<const SectionUse> uses);

  /// `held`: of least_bytes(); it grows and shrinks with what is kept.
  SectionStream(ByteLedger& ledger, MappedSections mapped, Plan plan, Reservation held);
  /// Waits for what is being read. No pass may be under way.
  ~SectionStream();
  SectionStream(const SectionStream&) = delete;

  const MappedSections& mapped() const { return mapped_; }

  /// Of a pass (WeightPass): `section` is in memory until leave().
  void enter(int section);
  void leave(int section);

  /// Begins to read what comes next on the way `order` behind its i-th section, which begins again
  /// at its end, where there is room for it.
  void read_ahead(std::span<const int> order, int i);

  /// Keeps more sections between passes, where memory is free.
  void grow();

  /// Lets go of single rows that were looked up in `section`.
  void drop_rows(int section) const;

  /// Bytes that are kept without need, and letting go of so many of them, or all: returns how many.
  std::size_t spare_bytes() const;
  std::size_t give_back(std::size_t bytes);

  std::size_t held_bytes() const;
  /// Bytes that a pass through all sections reads.
  std::size_t passing_bytes() const;
  Stats stats() const;

 private:
  enum class State { kAbsent, kReading, kResident };
  struct Section {
    State state = State::kAbsent;
    int n_users = 0;
    bool is_kept = false;
  };

  Section& at(int i) { return sections_[static_cast<std::size_t>(i)]; }
  const Section& at(int i) const { return sections_[static_cast<std::size_t>(i)]; }
  std::size_t bytes_of(int i) const;
  bool is_in_turn(int i) const;
  void read(int i);
  // With the mutex held, as all below.
  bool is_spare(int i) const;
  std::size_t n_passing_bytes() const;  // Resident or being read, and not kept.
  void make_room(int section, std::unique_lock<std::mutex>& lock);
  void drop(int section);
  void drop_unused(int section);

  ByteLedger& ledger_;
  const MappedSections mapped_;
  const Plan plan_;
  std::vector<int> keep_order_;  // Spread over the file, so that reading never has to pause.

  mutable std::mutex mutex_;  // Guards these.
  std::condition_variable read_cv_;
  Reservation held_;
  const std::size_t least_bytes_;
  std::size_t turn_bytes_ = 0;  // For sections that are not kept.
  std::vector<Section> sections_;
  Stats stats_;
};

}  // namespace quern::models
