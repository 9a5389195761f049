// Where the packed weights of a loaded model are, section by section, and which of them stay in
// memory while a pass goes through the layers.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/byte_ledger.h"
#include "base/mapped_sections.h"
#include "tensor/buffer.h"

namespace quern::models {

enum class Residency {
  kWhole,     // Every section stays.
  kStreamed,  // A layer comes when a pass reaches it, and goes when the pass has left it.
};

/// Sections keep their addresses for as long as the window lives, resident or not. Passes of
/// several threads may go through it at once: a section that goes while another pass reads it comes
/// again by itself.
class WeightWindow {
 public:
  WeightWindow() = default;

  /// Packed by this process: always whole.
  WeightWindow(Buffer storage, std::vector<std::span<const std::byte>> sections)
      : storage_(std::move(storage)), sections_(std::move(sections)) {}

  /// Mapped from a packed file. The first `n_kept` sections stay; all of them with kWhole.
  WeightWindow(MappedSections mapped, int n_kept, Reservation held);

  int n_sections() const { return static_cast<int>(sections_.size()); }
  std::span<const std::byte> section(int i) const { return sections_[static_cast<std::size_t>(i)]; }
  std::size_t n_bytes() const;  // Of all sections.
  bool is_mapped() const { return !mapped_.bytes().empty(); }

  /// A pass is about to read this section, and then the one behind it: asks the system for that.
  void enter(int section) const;

  /// The pass has read it.
  void leave(int section) const;

 private:
  bool is_streamed(int section) const { return section >= n_kept_ && section < n_sections(); }

  Buffer storage_;
  MappedFile mapped_;
  Reservation held_;  // What is resident of the mapped file.
  std::vector<std::span<const std::byte>> sections_;
  int n_kept_ = 1 << 30;
};

}  // namespace quern::models
