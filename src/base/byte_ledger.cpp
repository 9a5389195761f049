#include "base/byte_ledger.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"

namespace quern {
namespace {

// What was made free may be taken by another thread before it is reserved.
constexpr int kMaxReclaims = 4;
// While somebody waits for what others use.
constexpr std::chrono::milliseconds kLookAgain{2};
// Named in a refusal.
constexpr std::size_t kNamedHolders = 4;

}  // namespace

Reservation::Reservation(Reservation&& other) noexcept { *this = std::move(other); }

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    if (ledger_ != nullptr) QUERN_CHECK(resize(0).ok());
    ledger_ = std::exchange(other.ledger_, nullptr);
    tenant_ = std::move(other.tenant_);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

Reservation::~Reservation() {
  if (ledger_ != nullptr) QUERN_CHECK(resize(0).ok());
}

Status Reservation::resize(std::size_t bytes, Reclaim reclaim) {
  QUERN_CHECK(ledger_ != nullptr);
  QUERN_TRY(ledger_->change(tenant_, bytes_, bytes, reclaim));
  bytes_ = bytes;
  return {};
}

Earmark::Earmark(Reservation reservation) : reservation_(std::move(reservation)) {
  if (reservation_.ledger_ == nullptr) return;
  reservation_.ledger_->earmark(reservation_.tenant_, reservation_.bytes_);
}

Earmark::~Earmark() {
  if (reservation_.ledger_ == nullptr) return;
  // The rest is somebody else's by now.
  reservation_.bytes_ =
      reservation_.ledger_->drop_earmark(reservation_.tenant_, reservation_.bytes_);
}

Result<Reservation> ByteLedger::reserve(std::string_view tenant, std::size_t bytes,
                                        Reclaim reclaim) {
  Reservation r;
  r.tenant_ = std::string(tenant);
  QUERN_TRY(change(r.tenant_, 0, bytes, reclaim));
  r.ledger_ = this;
  r.bytes_ = bytes;
  return r;
}

Result<Reservation> ByteLedger::reserve_patiently(std::string_view tenant, std::size_t bytes,
                                                  std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Result<Reservation> made = reserve(tenant, bytes);
    const bool may_come = !made.ok() && made.status().code() == Code::kExhausted;
    if (!may_come || std::chrono::steady_clock::now() >= give_up) return made;
    std::this_thread::sleep_for(kLookAgain);
  }
}

/// While it lives, this thread alone reclaims: no two make room at each other's cost.
class ByteLedger::ReclaimTurn {
 public:
  explicit ReclaimTurn(ByteLedger& ledger) : ledger_(ledger) {
    // Else a reclaimer reserves, and would wait for itself.
    QUERN_CHECK(ledger.reclaiming_.load() != std::this_thread::get_id());
    ledger.reclaim_mutex_.lock();
    ledger.reclaiming_ = std::this_thread::get_id();
  }
  ~ReclaimTurn() {
    ledger_.reclaiming_ = std::thread::id();
    ledger_.reclaim_mutex_.unlock();
  }
  ReclaimTurn(const ReclaimTurn&) = delete;

 private:
  ByteLedger& ledger_;
};

ByteLedger::Registration::Registration(ByteLedger& ledger, ReclaimRank rank, Reclaimer& reclaimer)
    : ledger_(ledger), reclaimer_(reclaimer) {
  const ReclaimTurn turn(ledger_);
  ledger_.reclaimers_.emplace(rank, &reclaimer_);
}

ByteLedger::Registration::~Registration() {
  const ReclaimTurn turn(ledger_);
  std::erase_if(ledger_.reclaimers_, [&](const auto& r) { return r.second == &reclaimer_; });
}

Status ByteLedger::change(const std::string& tenant, std::size_t from, std::size_t to,
                          Reclaim reclaim) {
  Status entered = enter(tenant, from, to);
  if (entered.ok() || reclaim == Reclaim::kNever) return entered;
  const ReclaimTurn turn(*this);
  const auto uncovered = [&] { return to - from - std::min(to - from, earmarked_bytes(tenant)); };
  for (int i = 0; i < kMaxReclaims && !entered.ok() && make_room(uncovered()); ++i) {
    entered = enter(tenant, from, to);
  }
  return entered;
}

// True when there was room for a moment.
bool ByteLedger::make_room(std::size_t bytes) {
  const auto missing = [&] { return bytes - std::min(bytes, free_bytes()); };
  std::size_t reclaimable = 0;
  for (const auto& [rank, reclaimer] : reclaimers_) reclaimable += reclaimer->reclaimable_bytes();
  if (reclaimable < missing()) return false;
  for (const auto& [rank, reclaimer] : reclaimers_) {
    if (const std::size_t n = missing(); n > 0) reclaimer->reclaim(n);
  }
  return missing() == 0;
}

std::vector<ByteLedger::Tenant> ByteLedger::reclaim_all() {
  std::vector<Tenant> freed = tenants();
  {
    const ReclaimTurn turn(*this);
    for (const auto& [rank, reclaimer] : reclaimers_) {
      reclaimer->reclaim(reclaimer->reclaimable_bytes());
    }
  }
  for (const Tenant& now : tenants()) {
    const auto before = std::find_if(freed.begin(), freed.end(),
                                     [&](const Tenant& t) { return t.name == now.name; });
    if (before != freed.end()) before->bytes -= std::min(before->bytes, now.bytes);
  }
  std::erase_if(freed, [](const Tenant& t) { return t.bytes == 0; });
  return freed;
}

Status ByteLedger::enter(const std::string& tenant, std::size_t from, std::size_t to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = tenants_.find(tenant);
  const std::size_t earmarked = known == tenants_.end() ? 0 : known->second.earmarked_bytes;
  const std::size_t covered = to > from ? std::min(to - from, earmarked) : 0;
  if (to > from && to - from - covered > limit_bytes_ - used_bytes_) {
    return refusal(tenant, from, to);
  }
  Tenant& t = tenants_[tenant];
  t.name = tenant;
  t.earmarked_bytes -= covered;
  const std::size_t change = to - from - covered;
  t.bytes += change;  // Unsigned arithmetic wraps the right way for shrinking too.
  used_bytes_ += change;
  t.peak_bytes = std::max(t.peak_bytes, t.bytes);
  peak_bytes_ = std::max(peak_bytes_, used_bytes_);
  return {};
}

std::size_t ByteLedger::earmarked_bytes(const std::string& tenant) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? 0 : found->second.earmarked_bytes;
}

void ByteLedger::earmark(const std::string& tenant, std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  tenants_[tenant].earmarked_bytes += bytes;
}

/// Returns how much of it is still there.
std::size_t ByteLedger::drop_earmark(const std::string& tenant, std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t& earmarked = tenants_[tenant].earmarked_bytes;
  const std::size_t left = std::min(bytes, earmarked);
  earmarked -= left;
  return left;
}

std::size_t ByteLedger::most_bytes_locked() const {
  const auto process = tenants_.find(kProcess);
  return limit_bytes_ - (process == tenants_.end() ? 0 : process->second.bytes);
}

std::size_t ByteLedger::most_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return most_bytes_locked();
}

Status ByteLedger::refusal(const std::string& tenant, std::size_t from, std::size_t to) const {
  const std::size_t most = most_bytes_locked();
  if (to > most && tenant != kProcess && tenants_.contains(kProcess)) {
    return {Code::kTooLarge,
            fmt::format("{} wants {}, and all that the {} memory budget leaves beside the program "
                        "is {}",
                        tenant, human_bytes(to), human_bytes(limit_bytes_), human_bytes(most))};
  }
  std::vector<const Tenant*> holders;
  for (const auto& [name, t] : tenants_) {
    if (t.bytes > 0) holders.push_back(&t);
  }
  std::sort(holders.begin(), holders.end(),
            [](const Tenant* a, const Tenant* b) { return a->bytes > b->bytes; });
  if (holders.size() > kNamedHolders) holders.resize(kNamedHolders);
  std::string held;
  for (const Tenant* t : holders) {
    held +=
        fmt::format("{}{} {}", held.empty() ? "; held by " : ", ", t->name, human_bytes(t->bytes));
  }
  return {Code::kExhausted,
          fmt::format("{} wants {}, {} of the {} memory budget is free{}", tenant,
                      human_bytes(to - from), human_bytes(limit_bytes_ - used_bytes_),
                      human_bytes(limit_bytes_), held)};
}

std::size_t ByteLedger::used_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return used_bytes_;
}

std::size_t ByteLedger::peak_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return peak_bytes_;
}

std::size_t ByteLedger::free_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return limit_bytes_ - used_bytes_;
}

std::vector<ByteLedger::Tenant> ByteLedger::tenants() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Tenant> out;
  for (const auto& [name, t] : tenants_) out.push_back(t);
  std::stable_sort(out.begin(), out.end(),
                   [](const Tenant& a, const Tenant& b) { return a.bytes > b.bytes; });
  return out;
}

std::string human_bytes(std::size_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  if (unit == 0 || value >= 100) return fmt::format("{:.0f} {}", value, kUnits[unit]);
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

Result<std::size_t> parse_bytes(std::string_view text) {
  const auto bad = [&] {
    return Status(Code::kBadInput,
                  fmt::format("'{}' is not a size, want for example 512MB or 1.5GB", text));
  };
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return bad();
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c) {
    if (*c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  }
  double scale = 1;
  if (!unit.empty() && unit != "b") {
    const std::size_t power = std::string_view("kmgt").find(unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string_view::npos || (rest != "" && rest != "b" && rest != "ib"))
      return bad();
    scale = std::pow(1024.0, static_cast<double>(power + 1));
  }
  if (value * scale > 9e15) return bad();
  return static_cast<std::size_t>(value * scale);
}

}  // namespace quern
