#include "models/section_stream.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/task_thread.h"

namespace quern::models {
namespace {

using Clock = std::chrono::steady_clock;

// Of the budget, left free by what is kept: requests find room without taking it back each time.
constexpr std::size_t kFreeShare = 16;
// What the system may map around a page that is read: all of a large page of its file cache.
constexpr std::size_t kAround = std::size_t{2} << 20;

bool takes_turns(SectionUse use) {
  return use == SectionUse::kInTurn || use == SectionUse::kRowsAndInTurn;
}

/// What a section of `n` bytes keeps resident whoever has its turn.
std::size_t always_bytes(SectionUse use, std::size_t n) {
  if (use == SectionUse::kAlways) return n;
  return use == SectionUse::kInTurn ? 0 : std::min(n, SectionStream::kRowBytes);
}

/// The sum of the two, or of fewer where there are not so many.
std::size_t two_largest(std::vector<std::size_t> sizes) {
  const std::size_t n = std::min<std::size_t>(sizes.size(), 2);
  const auto end = sizes.begin() + static_cast<std::ptrdiff_t>(n);
  std::partial_sort(sizes.begin(), end, sizes.end(), std::greater<>());
  return std::accumulate(sizes.begin(), end, std::size_t{0});
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Reads for all models: a disk is not faster for two at a time.
TaskThread& reader() {
  static TaskThread thread;
  return thread;
}

/// 0 .. n - 1 so that every beginning of it is spread evenly: 0, n/2, n/4, 3n/4, ...
std::vector<int> spread(int n) {
  std::vector<int> out;
  std::vector<bool> taken(static_cast<std::size_t>(n));
  for (int step = std::max(n, 1); static_cast<int>(out.size()) < n; step = (step + 1) / 2) {
    for (int i = 0; i < n; i += step) {
      if (taken[static_cast<std::size_t>(i)]) continue;
      taken[static_cast<std::size_t>(i)] = true;
      out.push_back(i);
    }
  }
  return out;
}

}  // namespace

std::size_t SectionStream::least_bytes(std::span<const std::size_t> sizes,
                                       std::span<const SectionUse> uses) {
  std::size_t always = 0;
  std::vector<std::size_t> in_turn;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    always += always_bytes(uses[i], sizes[i]);
    if (takes_turns(uses[i])) in_turn.push_back(sizes[i]);
  }
  const std::size_t all = std::accumulate(in_turn.begin(), in_turn.end(), std::size_t{0});
  const std::size_t largest = two_largest(in_turn);
  return always + largest + std::min(all - largest, 4 * kAround);
}

SectionStream::SectionStream(ByteLedger& ledger, MappedSections mapped, Plan plan, Reservation held)
    : ledger_(ledger),
      mapped_(std::move(mapped)),
      plan_(std::move(plan)),
      held_(std::move(held)),
      least_bytes_(held_.bytes()),
      sections_(mapped_.sections.size()) {
  std::vector<int> in_turn;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < mapped_.n(); ++i) {
    if (!is_in_turn(i)) continue;
    in_turn.push_back(i);
    sizes.push_back(bytes_of(i));
  }
  turn_bytes_ = two_largest(sizes);
  for (const int i : spread(static_cast<int>(in_turn.size()))) {
    keep_order_.push_back(in_turn[static_cast<std::size_t>(i)]);
  }
}

SectionStream::~SectionStream() {
  std::unique_lock<std::mutex> lock(mutex_);
  read_cv_.wait(lock, [&] {
    return std::none_of(sections_.begin(), sections_.end(),
                        [](const Section& s) { return s.state == State::kReading; });
  });
}

std::size_t SectionStream::bytes_of(int i) const {
  return mapped_.sections[static_cast<std::size_t>(i)].bytes.size();
}

bool SectionStream::is_in_turn(int i) const {
  return takes_turns(plan_.uses[static_cast<std::size_t>(i)]);
}

// A pass that is at it, or waits for it, counts on its pages.
bool SectionStream::is_spare(int i) const {
  const Section& s = at(i);
  return s.is_kept && s.n_users == 0 && s.state != State::kReading;
}

// Of a section in state kReading; without the mutex.
void SectionStream::read(int i) {
  const Clock::time_point start = Clock::now();
  mapped_.file.read_pages(mapped_.sections[static_cast<std::size_t>(i)].bytes);
  const double seconds = seconds_since(start);
  const std::lock_guard<std::mutex> lock(mutex_);
  stats_.n_read_bytes += bytes_of(i);
  stats_.read_seconds += seconds;
  at(i).state = State::kResident;
  read_cv_.notify_all();
}

void SectionStream::enter(int section) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!is_in_turn(section)) return;
  Section& s = at(section);
  ++s.n_users;
  if (s.state == State::kResident) return;
  const Clock::time_point start = Clock::now();
  if (s.state == State::kAbsent) make_room(section, lock);
  if (s.state == State::kAbsent) {
    s.state = State::kReading;
    lock.unlock();
    read(section);
    lock.lock();
  } else {
    read_cv_.wait(lock, [&] { return s.state == State::kResident; });
  }
  stats_.waited_seconds += seconds_since(start);
}

void SectionStream::leave(int section) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!is_in_turn(section)) return;
  --at(section).n_users;
  drop_unused(section);
}

void SectionStream::read_ahead(std::span<const int> order, int i) {
  const auto n = static_cast<int>(order.size());
  const std::lock_guard<std::mutex> lock(mutex_);
  for (int j = i + 1; j < i + n; ++j) {
    const int next = order[static_cast<std::size_t>(j % n)];
    if (!is_in_turn(next) || at(next).state == State::kResident) continue;
    const bool has_room = n_passing_bytes() + bytes_of(next) <= turn_bytes_ || at(next).is_kept;
    if (at(next).state == State::kAbsent && has_room) {
      at(next).state = State::kReading;
      reader().add([this, next] { read(next); });
    }
    return;
  }
}

std::size_t SectionStream::n_passing_bytes() const {
  std::size_t n = 0;
  for (int i = 0; i < mapped_.n(); ++i) {
    if (is_in_turn(i) && at(i).state != State::kAbsent && !at(i).is_kept) n += bytes_of(i);
  }
  return n;
}

// What was read ahead for a pass that went another way gives its place; what is being read for it
// first has to come.
void SectionStream::make_room(int section, std::unique_lock<std::mutex>& lock) {
  const auto is_enough = [&] {
    return at(section).is_kept || at(section).state != State::kAbsent ||
           n_passing_bytes() + bytes_of(section) <= turn_bytes_;
  };
  const auto is_reading = [&](const Section& s) { return s.state == State::kReading; };
  for (;;) {
    for (int i = 0; i < mapped_.n() && !is_enough(); ++i) drop_unused(i);
    if (is_enough() || std::none_of(sections_.begin(), sections_.end(), is_reading)) return;
    read_cv_.wait(lock);
  }
}

// With what was mapped around it, up to neighbours that stay; and all of the section before, whose
// last norm may have been read again.
void SectionStream::drop(int section) {
  at(section).state = State::kAbsent;
  const std::span<const std::byte> all = mapped_.file.bytes();
  const auto first_of = [&](int i) {
    return static_cast<std::size_t>(mapped_.sections[static_cast<std::size_t>(i)].bytes.data() -
                                    all.data());
  };
  const auto may_go = [&](int i) { return is_in_turn(i) && at(i).state == State::kAbsent; };
  std::size_t first = first_of(section);
  std::size_t end = first + bytes_of(section);
  const std::size_t before = section > 0 && may_go(section - 1) ? first_of(section - 1) : first;
  const std::size_t least = std::min(before, first - std::min(first, kAround));
  const std::size_t most = std::min(end + kAround, all.size());
  for (int i = section - 1; i >= 0 && may_go(i) && first > least; --i) first = first_of(i);
  for (int i = section + 1; i < mapped_.n() && may_go(i) && end < most; ++i) {
    end = first_of(i) + bytes_of(i);
  }
  first = std::max(first, least);
  mapped_.file.drop_pages(all.subspan(first, std::min(end, most) - first));
}

void SectionStream::drop_unused(int section) {
  const Section& s = at(section);
  const bool is_unused = s.n_users == 0 && !s.is_kept && s.state == State::kResident;
  if (is_unused && is_in_turn(section)) drop(section);
}

void SectionStream::drop_rows(int section) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool stays = plan_.uses[static_cast<std::size_t>(section)] == SectionUse::kAlways ||
                     at(section).state != State::kAbsent;
  if (!stays) mapped_.file.drop_pages(mapped_.sections[static_cast<std::size_t>(section)].bytes);
}

void SectionStream::grow() {
  if (!plan_.keeps) return;
  const std::size_t left_free = ledger_.limit_bytes() / kFreeShare;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const int next : keep_order_) {
    if (at(next).is_kept) continue;
    if (ledger_.free_bytes() < bytes_of(next) + left_free) return;
    // Never at the cost of others, so that no reclaimer is called with the mutex held.
    if (!held_.resize(held_.bytes() + bytes_of(next), Reclaim::kNever).ok()) return;
    at(next).is_kept = true;
  }
}

std::size_t SectionStream::spare_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n = 0;
  for (const int i : keep_order_) n += is_spare(i) ? bytes_of(i) : 0;
  return n;
}

std::size_t SectionStream::give_back(std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n_given = 0;
  for (auto i = keep_order_.rbegin(); i != keep_order_.rend() && n_given < bytes; ++i) {
    if (!is_spare(*i)) continue;
    at(*i).is_kept = false;
    drop_unused(*i);
    n_given += bytes_of(*i);
    QUERN_CHECK(held_.resize(held_.bytes() - bytes_of(*i)).ok());
  }
  return n_given;
}

std::size_t SectionStream::held_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return held_.bytes();
}

std::size_t SectionStream::passing_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n = 0;
  for (int i = 0; i < mapped_.n(); ++i) n += is_in_turn(i) && !at(i).is_kept ? bytes_of(i) : 0;
  return n;
}

SectionStream::Stats SectionStream::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stats_;
}

}  // namespace quern::models
