// A set of a segment's documents: plain words in memory, per 65,536 ids the smallest of five forms
// on disk. A segment has at most 2^20 documents, where AND takes microseconds.
// docs/format_store.md has the byte table.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace quern::store {

class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(std::uint32_t n_bits) : n_bits_(n_bits), words_((n_bits + 63u) / 64) {}
  static Bitmap all(std::uint32_t n_bits);

  std::uint32_t n_bits() const { return n_bits_; }
  std::uint32_t count() const;

  bool has(std::uint32_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void set(std::uint32_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  void clear(std::uint32_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }

  // Both of the same n_bits.
  Bitmap& operator&=(const Bitmap& other);
  Bitmap& operator|=(const Bitmap& other);
  Bitmap& subtract(const Bitmap& other);

  /// Bit i of word i / 64 is i % 64; those behind n_bits are 0.
  std::span<const std::uint64_t> words() const { return words_; }
  /// For whoever makes a bitmap word by word: the same rule.
  std::span<std::uint64_t> words_to_write() { return words_; }

  /// Calls `f(i)` for each member, ascending.
  template <typename F>
  void for_each(F&& f) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
        f(static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(word)));
      }
    }
  }

  bool operator==(const Bitmap&) const = default;

 private:
  friend Result<Bitmap> bitmap_from_bytes(std::span<const std::byte> bytes, std::uint32_t n_bits);
  std::uint32_t n_bits_ = 0;
  std::vector<std::uint64_t> words_;
};

/// The same set always gives the same bytes.
std::string bytes_from_bitmap(const Bitmap& bitmap);

/// Errors: kBadInput for anything that bytes_from_bitmap would not write.
Result<Bitmap> bitmap_from_bytes(std::span<const std::byte> bytes, std::uint32_t n_bits);

}  // namespace quern::store
