// An owning, 64-byte aligned run of bytes, reserved in the ledger before it exists.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/byte_ledger.h"

namespace quern {

class Buffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  /// Zeroed bytes held by `tenant`. Errors: kExhausted, from the ledger or the system.
  static Result<Buffer> make(ByteLedger& ledger, std::string_view tenant, std::size_t n_bytes,
                             Reclaim reclaim = Reclaim::kAllowed);

  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  std::byte* data() const { return data_; }
  std::size_t size() const { return n_bytes_; }

  template <typename T>
  std::span<T> as() const {
    return {reinterpret_cast<T*>(data_), n_bytes_ / sizeof(T)};
  }

 private:
  Reservation reservation_;
  std::byte* data_ = nullptr;
  std::size_t n_bytes_ = 0;
};

}  // namespace quern
