// A fast checksum of bytes, against damage and not against malice.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace quern {

/// XXH3, 64 bits, seed 0: the same on every machine. As fast as memory is read.
/// Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
std::uint64_t checksum64(std::span<const std::byte> bytes);

/// The same of bytes that come in parts.
class Checksum64 {
 public:
  Checksum64();
  Checksum64(Checksum64&& other) noexcept;
  Checksum64& operator=(Checksum64&& other) noexcept;
  ~Checksum64();

  void add(std::string_view bytes);
  std::uint64_t value() const;  // Of what was added so far.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quern
