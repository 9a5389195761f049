#include "store/filter/bitmap.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kChunkBits = 1 << 16;
constexpr std::size_t kChunkWords = kChunkBits / 64;

enum class Form : std::uint8_t { kEmpty, kFull, kIds, kRuns, kDense };

struct Run {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// Up to 65,536 bits of a bitmap.
struct Chunk {
  std::span<const std::uint64_t> words;
  std::uint32_t n_bits = 0;
};

std::uint32_t count_bits(std::span<const std::uint64_t> words) {
  std::uint32_t n = 0;
  for (const std::uint64_t word : words) n += static_cast<std::uint32_t>(std::popcount(word));
  return n;
}

// A run begins at each bit whose lower neighbour is not set.
std::uint32_t count_runs(std::span<const std::uint64_t> words) {
  std::uint32_t n = 0;
  std::uint64_t carry = 0;
  for (const std::uint64_t word : words) {
    n += static_cast<std::uint32_t>(std::popcount(word & ~(word << 1 | carry)));
    carry = word >> 63;
  }
  return n;
}

// The smallest; of equals the first in this order.
Form form_of(const Chunk& chunk) {
  const std::uint32_t n = count_bits(chunk.words);
  if (n == 0) return Form::kEmpty;
  if (n == chunk.n_bits) return Form::kFull;
  const std::size_t ids_bytes = 2 + 2 * std::size_t{n};
  const std::size_t runs_bytes = 2 + 4 * std::size_t{count_runs(chunk.words)};
  const std::size_t dense_bytes = chunk.words.size() * 8;
  if (ids_bytes <= runs_bytes && ids_bytes <= dense_bytes) return Form::kIds;
  return runs_bytes <= dense_bytes ? Form::kRuns : Form::kDense;
}

template <typename F>
void for_each_bit(std::span<const std::uint64_t> words, F&& f) {
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (std::uint64_t word = words[w]; word != 0; word &= word - 1) {
      f(static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  }
}

std::vector<Run> runs_of(std::span<const std::uint64_t> words) {
  std::vector<Run> runs;
  for_each_bit(words, [&](std::uint32_t i) {
    if (!runs.empty() && runs.back().last + 1 == i) {
      runs.back().last = i;
    } else {
      runs.push_back({i, i});
    }
  });
  return runs;
}

void append_chunk(const Chunk& chunk, std::string& out) {
  const Form form = form_of(chunk);
  append_number(out, form);
  if (form == Form::kIds) {
    append_number(out, static_cast<std::uint16_t>(count_bits(chunk.words) - 1));
    for_each_bit(chunk.words,
                 [&](std::uint32_t i) { append_number(out, static_cast<std::uint16_t>(i)); });
  } else if (form == Form::kRuns) {
    const std::vector<Run> runs = runs_of(chunk.words);
    append_number(out, static_cast<std::uint16_t>(runs.size() - 1));
    for (const Run& run : runs) {
      append_number(out, static_cast<std::uint16_t>(run.first));
      append_number(out, static_cast<std::uint16_t>(run.last));
    }
  } else if (form == Form::kDense) {
    for (const std::uint64_t word : chunk.words) append_number(out, word);
  }
}

void set_run(std::span<std::uint64_t> words, std::uint32_t first, std::uint32_t last) {
  for (std::uint32_t i = first; i <= last; ++i) words[i / 64] |= std::uint64_t{1} << (i % 64);
}

// What lies outside of the chunk or is out of order is refused; is_ok() says about the end.
bool read_chunk(ByteCursor& cursor, std::uint32_t n_bits, std::span<std::uint64_t> words) {
  const auto form = static_cast<Form>(cursor.number<std::uint8_t>());
  switch (form) {
    case Form::kEmpty:
      break;
    case Form::kFull:
      set_run(words, 0, n_bits - 1);
      break;
    case Form::kIds:
    case Form::kRuns: {
      const std::uint32_t n = cursor.number<std::uint16_t>() + 1u;
      std::uint32_t lowest = 0;
      for (std::uint32_t k = 0; k < n && cursor.is_ok(); ++k) {
        const std::uint32_t first = cursor.number<std::uint16_t>();
        const std::uint32_t last = form == Form::kIds ? first : cursor.number<std::uint16_t>();
        if (!cursor.is_ok() || first < lowest || last < first || last >= n_bits) return false;
        set_run(words, first, last);
        lowest = last + 1;
      }
      break;
    }
    case Form::kDense:
      for (std::uint64_t& word : words) word = cursor.number<std::uint64_t>();
      if (n_bits % 64 != 0 && words.back() >> (n_bits % 64) != 0) return false;
      break;
    default:
      return false;
  }
  return cursor.is_ok() && form_of({words, n_bits}) == form;
}

}  // namespace

Bitmap Bitmap::all(std::uint32_t n_bits) {
  Bitmap out(n_bits);
  std::fill(out.words_.begin(), out.words_.end(), ~std::uint64_t{0});
  if (n_bits % 64 != 0) out.words_.back() >>= 64 - n_bits % 64;
  return out;
}

std::uint32_t Bitmap::count() const { return count_bits(words_); }

Bitmap& Bitmap::operator&=(const Bitmap& other) {
  QUERN_CHECK(n_bits_ == other.n_bits_);
  for (std::size_t w = 0; w < words_.size(); ++w) words_[w] &= other.words_[w];
  return *this;
}

Bitmap& Bitmap::operator|=(const Bitmap& other) {
  QUERN_CHECK(n_bits_ == other.n_bits_);
  for (std::size_t w = 0; w < words_.size(); ++w) words_[w] |= other.words_[w];
  return *this;
}

Bitmap& Bitmap::subtract(const Bitmap& other) {
  QUERN_CHECK(n_bits_ == other.n_bits_);
  for (std::size_t w = 0; w < words_.size(); ++w) words_[w] &= ~other.words_[w];
  return *this;
}

std::string bytes_from_bitmap(const Bitmap& bitmap) {
  std::string out;
  for (std::uint32_t at = 0; at < bitmap.n_bits(); at += kChunkBits) {
    const std::uint32_t n_bits = std::min(kChunkBits, bitmap.n_bits() - at);
    append_chunk({bitmap.words().subspan(at / 64, (n_bits + 63) / 64), n_bits}, out);
    if (bitmap.n_bits() - at <= kChunkBits) break;  // at + kChunkBits may not fit.
  }
  return out;
}

Result<Bitmap> bitmap_from_bytes(std::span<const std::byte> bytes, std::uint32_t n_bits) {
  const std::size_t n_chunks = (std::size_t{n_bits} + kChunkBits - 1) / kChunkBits;
  if (bytes.size() < n_chunks) {
    return {Code::kBadInput, fmt::format("a bitmap of {} ids has {} bytes", n_bits, bytes.size())};
  }
  Bitmap out(n_bits);
  ByteCursor cursor(bytes);
  for (std::size_t i = 0; i < n_chunks; ++i) {
    const std::uint32_t left = n_bits - static_cast<std::uint32_t>(i * kChunkBits);
    const std::uint32_t n = std::min(kChunkBits, left);
    const auto words = std::span(out.words_).subspan(i * kChunkWords, (n + 63) / 64);
    if (!read_chunk(cursor, n, words)) {
      return {Code::kBadInput,
              fmt::format("a bitmap of {} ids is damaged near byte {}", n_bits, cursor.position())};
    }
  }
  if (cursor.n_left() != 0) {
    return {Code::kBadInput, fmt::format("a bitmap of {} ids has {} bytes more than it needs",
                                         n_bits, cursor.n_left())};
  }
  return out;
}

}  // namespace quern::store
