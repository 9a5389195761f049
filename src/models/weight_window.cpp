#include "models/weight_window.h"

#include <utility>

namespace quern::models {

WeightWindow::WeightWindow(MappedSections mapped, int n_kept, Reservation held)
    : mapped_(std::move(mapped.file)), held_(std::move(held)), n_kept_(n_kept) {
  for (const MappedSections::Section& section : mapped.sections) {
    sections_.push_back(section.bytes);
  }
}

std::size_t WeightWindow::n_bytes() const {
  std::size_t n = 0;
  for (const std::span<const std::byte> section : sections_) n += section.size();
  return n;
}

void WeightWindow::enter(int section) const {
  if (!is_streamed(section)) return;
  // Behind the last layer comes the next pass's first.
  const int next = section + 1 < n_sections() ? section + 1 : n_kept_;
  mapped_.want_pages(this->section(next));
}

void WeightWindow::leave(int section) const {
  if (is_streamed(section)) mapped_.drop_pages(this->section(section));
}

}  // namespace quern::models
