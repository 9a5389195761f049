#include "models/weight_window.h"

#include <utility>

namespace quern::models {

WeightWindow::WeightWindow(MappedSections mapped, Reservation held)
    : mapped_(std::move(mapped.file)), held_(std::move(held)) {
  for (const MappedSections::Section& section : mapped.sections) {
    sections_.push_back(section.bytes);
  }
}

WeightWindow::WeightWindow(std::unique_ptr<SectionStream> stream) : stream_(std::move(stream)) {
  for (const MappedSections::Section& section : stream_->mapped().sections) {
    sections_.push_back(section.bytes);
  }
}

std::size_t WeightWindow::n_bytes() const {
  std::size_t n = 0;
  for (const std::span<const std::byte> section : sections_) n += section.size();
  return n;
}

WeightPass::~WeightPass() {
  if (at_ >= 0) stream_->leave(order_[static_cast<std::size_t>(at_)]);
}

void WeightPass::go_to(int i) {
  if (stream_ == nullptr) return;
  const int section = order_[static_cast<std::size_t>(i)];
  const int before = at_ < 0 ? -1 : order_[static_cast<std::size_t>(at_)];
  if (before < 0) stream_->grow();
  if (section != before) {  // Layers may share one.
    if (before >= 0) stream_->leave(before);
    stream_->enter(section);
  }
  at_ = i;
  stream_->read_ahead(order_, i);
}

}  // namespace quern::models
