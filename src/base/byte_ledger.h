// The one ledger of bytes. Every large buffer of the process (weights, activations, tokenizers,
// caches, ...) is a reservation here, taken before the memory is touched. Where one does not fit,
// holders that registered as reclaimers let go of what they can do without; what does not fit even
// so is refused with the bytes it wanted and who holds the rest.
//
// Order of locks: the ledger's turn to reclaim, then a reclaimer's own locks, then the ledger's
// books. So nobody reserves while holding a lock that a reclaimer takes.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/reclaimer.h"
#include "base/status.h"

namespace quern {

class ByteLedger;

/// Bytes held in a ledger until destruction. Movable; the ledger must outlive it.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  std::size_t bytes() const { return bytes_; }
  const std::string& tenant() const { return tenant_; }

  /// Grows or shrinks to `bytes`; on error nothing changes.
  Status resize(std::size_t bytes, Reclaim reclaim = Reclaim::kAllowed);

 private:
  friend class ByteLedger;
  friend class Earmark;
  ByteLedger* ledger_ = nullptr;
  std::string tenant_;
  std::size_t bytes_ = 0;
};

/// A reservation for what its tenant reserves next: that is taken from it first, so nobody else can
/// come between. What is left is given back at its end.
class Earmark {
 public:
  explicit Earmark(Reservation reservation);
  Earmark(Earmark&& other) noexcept = default;
  Earmark& operator=(Earmark&&) = delete;
  ~Earmark();

 private:
  Reservation reservation_;
};

/// Threads: all functions may be called from any thread.
class ByteLedger {
 public:
  struct Tenant {
    std::string name;  // For example "weights/all-MiniLM-L6-v2" or "activations".
    std::size_t bytes = 0;
    std::size_t peak_bytes = 0;
    std::size_t earmarked_bytes = 0;  // Of `bytes`.
  };

  explicit ByteLedger(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  ByteLedger(const ByteLedger&) = delete;
  ByteLedger& operator=(const ByteLedger&) = delete;

  /// Errors: kExhausted, naming the bytes wanted, free, and the largest tenants; nothing was
  /// reclaimed where all that can be would be too little. kTooLarge for what is more than
  /// most_bytes(), where somebody is kProcess.
  Result<Reservation> reserve(std::string_view tenant, std::size_t bytes,
                              Reclaim reclaim = Reclaim::kAllowed);

  /// The same, looking again until `patience` is over: what is in use now is let go of by and by.
  /// Only for threads that nobody waits for who could let go.
  Result<Reservation> reserve_patiently(std::string_view tenant, std::size_t bytes,
                                        std::chrono::milliseconds patience);

  /// Lets `reclaimer` be asked while it lives; both outlive it. Its end waits for a call under way.
  class Registration {
   public:
    Registration(ByteLedger& ledger, ReclaimRank rank, Reclaimer& reclaimer);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    ByteLedger& ledger_;
    Reclaimer& reclaimer_;
  };

  /// Has every reclaimer free all that it can do without, in order of rank. What came free
  /// meanwhile, by tenant; those that freed nothing are left out.
  std::vector<Tenant> reclaim_all();

  /// Who holds what the program takes whatever it does.
  static constexpr std::string_view kProcess = "process";

  std::size_t limit_bytes() const { return limit_bytes_; }
  /// What one tenant can have, all others but kProcess being gone.
  std::size_t most_bytes() const;
  std::size_t used_bytes() const;
  std::size_t peak_bytes() const;
  std::size_t free_bytes() const;

  /// Every tenant that ever held bytes, largest first.
  std::vector<Tenant> tenants() const;

 private:
  friend class Reservation;
  friend class Earmark;
  class ReclaimTurn;

  Status change(const std::string& tenant, std::size_t from, std::size_t to, Reclaim reclaim);
  Status enter(const std::string& tenant, std::size_t from, std::size_t to);
  bool make_room(std::size_t bytes);
  std::size_t earmarked_bytes(const std::string& tenant) const;
  void earmark(const std::string& tenant, std::size_t bytes);
  std::size_t drop_earmark(const std::string& tenant, std::size_t bytes);
  // With mutex_ held.
  std::size_t most_bytes_locked() const;
  Status refusal(const std::string& tenant, std::size_t from, std::size_t to) const;

  const std::size_t limit_bytes_;

  std::mutex reclaim_mutex_;  // Guards these, and is held while reclaimers are called.
  std::multimap<ReclaimRank, Reclaimer*> reclaimers_;
  std::atomic<std::thread::id> reclaiming_;  // Whose turn it is.

  mutable std::mutex mutex_;  // Guards these.
  std::size_t used_bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

/// "1.5 GB", "312 MB", "12 kB", "7 B": for people. Powers of 1024 under the usual names.
std::string human_bytes(std::size_t bytes);

/// Reads "1GB", "512MB", "1.5 GiB", "800000", case-insensitive; K, M, G, T are powers of 1024.
Result<std::size_t> parse_bytes(std::string_view text);

}  // namespace quern
