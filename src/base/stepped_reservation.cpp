#include "base/stepped_reservation.h"

#include <utility>

namespace quern {

bool SteppedReservation::grow_to(std::size_t n_bytes) {
  if (n_bytes <= held_.bytes()) return true;
  const std::size_t wanted = whole_steps(n_bytes);
  if (held_.bytes() > 0) return held_.resize(wanted, Reclaim::kNever).ok();
  Result<Reservation> made = ledger_.reserve(tenant_, wanted, Reclaim::kNever);
  if (!made.ok()) return false;
  held_ = std::move(*made);
  return true;
}

void SteppedReservation::shrink_to(std::size_t n_bytes) {
  if (n_bytes == 0) {
    held_ = Reservation();
  } else if (whole_steps(n_bytes) < held_.bytes()) {
    (void)held_.resize(whole_steps(n_bytes), Reclaim::kNever);  // Giving back cannot fail.
  }
}

}  // namespace quern
