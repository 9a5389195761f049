// Reads little-endian numbers from bytes of unknown origin, never past their end. After the first
// read that does not fit, everything reads as zero and is_ok() is false: check once per step.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace quern::formats {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool is_ok() const { return is_ok_; }
  std::size_t position() const { return at_; }
  std::size_t n_left() const { return bytes_.size() - at_; }

  std::span<const std::byte> take(std::uint64_t n) {
    if (!is_ok_ || n > n_left()) {
      is_ok_ = false;
      return {};
    }
    const auto part = bytes_.subspan(at_, static_cast<std::size_t>(n));
    at_ += part.size();
    return part;
  }

  template <typename T>
  T number() {
    T value{};
    const auto part = take(sizeof(T));
    if (!part.empty()) std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }

  /// A string as GGUF has it: its length as 64 bits, then its bytes.
  std::string_view string() {
    const auto part = take(number<std::uint64_t>());
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  bool is_ok_ = true;
};

}  // namespace quern::formats
