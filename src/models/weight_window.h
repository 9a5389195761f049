// Where the packed weights of a loaded model are, section by section, and which of them are in
// memory while a pass goes through them.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_ledger.h"
#include "base/mapped_sections.h"
#include "models/section_stream.h"
#include "tensor/buffer.h"

namespace quern::models {

enum class Residency {
  kWhole,     // Every section stays.
  kStreamed,  // A section comes when a pass reaches it, and goes when the pass has left it; what
              // memory is to spare keeps some of them.
  kPassing,   // The same, and nothing is kept.
};

/// Sections keep their addresses for as long as the window lives, resident or not. Passes of
/// several threads may go through it at once (WeightPass).
class WeightWindow {
 public:
  WeightWindow() = default;

  /// Packed by this process: always whole.
  WeightWindow(Buffer storage, std::vector<std::span<const std::byte>> sections)
      : storage_(std::move(storage)), sections_(std::move(sections)) {}

  /// Mapped from a packed file, whole.
  WeightWindow(MappedSections mapped, Reservation held);

  /// Mapped from a packed file, streamed.
  explicit WeightWindow(std::unique_ptr<SectionStream> stream);

  int n_sections() const { return static_cast<int>(sections_.size()); }
  std::span<const std::byte> section(int i) const { return sections_[static_cast<std::size_t>(i)]; }
  std::size_t n_bytes() const;  // Of all sections.
  bool is_mapped() const { return stream_ != nullptr || !mapped_.bytes().empty(); }

  /// Null where every section stays.
  SectionStream* stream() const { return stream_.get(); }

 private:
  Buffer storage_;
  MappedFile mapped_;
  Reservation held_;  // What is resident of the mapped file.
  std::unique_ptr<SectionStream> stream_;
  std::vector<std::span<const std::byte>> sections_;
};

/// One pass's way through a window: the section it is at stays in memory, and the one behind it is
/// read meanwhile. Nothing happens where every section stays.
/// Threads: one.
class WeightPass {
 public:
  /// Goes through the sections of `order`, which outlives it; each may come more than once.
  WeightPass(const WeightWindow& window, std::span<const int> order)
      : stream_(window.stream()), order_(order) {}
  ~WeightPass();
  WeightPass(const WeightPass&) = delete;

  bool is_streamed() const { return stream_ != nullptr; }

  /// To the i-th of the order: the one before may go, and this one is in memory when this returns.
  void go_to(int i);

 private:
  SectionStream* const stream_;
  const std::span<const int> order_;
  int at_ = -1;
};

}  // namespace quern::models
