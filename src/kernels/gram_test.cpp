#include "kernels/gram.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/table.h"

namespace quern::kernels {
namespace {

std::vector<double> drawn(int n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> out;
  for (int i = 0; i < n; ++i) out.push_back(static_cast<double>(random()) / 4e9 - 0.5);
  return out;
}

}  // namespace

TEST(gram, worked_by_hand) {
  const std::vector<double> x = {1, 2, 3, 4};  // Two rows of two.
  const std::vector<double> y = {10, 20};
  for (const Table* table : runnable()) {
    std::vector<double> s = {0, 0, 7, 1}, t(2);
    table->gram->gram({.n = 2, .first = 0, .last = 2}, x.data(), 2, s.data());
    EXPECT_EQ(s, (std::vector<double>{10, 14, 7, 21})) << table->isa;
    table->gram->products({.n = 2, .first = 1, .last = 2}, x.data(), 2, y.data(), 1, t.data());
    EXPECT_EQ(t, (std::vector<double>{0, 100})) << table->isa;
  }
}

TEST(gram, every_isa_has_the_bits_of_plain_in_whatever_parts) {
  for (const int d : {1, 3, 7, 8, 15, 16, 17, 40}) {
    constexpr int kRows = 5, kOut = 11;
    const auto x = drawn(kRows * d, 1), y = drawn(kRows * kOut, 2), s = drawn(d * d, 3),
               t = drawn(d * kOut, 4);
    auto want_s = s, want_t = t;
    gram_plain.gram({.n = kRows, .first = 0, .last = d}, x.data(), d, want_s.data());
    gram_plain.products({.n = kRows, .first = 0, .last = d}, x.data(), d, y.data(), kOut,
                        want_t.data());
    auto want_y = drawn(d, 5), want_z = want_y;
    gram_plain.scaled(0.3, x.data(), d, want_y.data());
    gram_plain.two(0.3, x.data(), 0.7, s.data(), d, want_z.data());
    for (const Table* table : runnable()) {
      auto got_s = s, got_t = t, got_y = drawn(d, 5), got_z = got_y;
      for (int first = 0; first < d; first += 2) {
        const GramRows part = {.n = kRows, .first = first, .last = std::min(d, first + 2)};
        table->gram->gram(part, x.data(), d, got_s.data());
        table->gram->products(part, x.data(), d, y.data(), kOut, got_t.data());
      }
      table->gram->scaled(0.3, x.data(), d, got_y.data());
      table->gram->two(0.3, x.data(), 0.7, s.data(), d, got_z.data());
      EXPECT_EQ(got_s, want_s) << table->isa << " " << d;
      EXPECT_EQ(got_t, want_t) << table->isa << " " << d;
      EXPECT_EQ(got_y, want_y) << table->isa << " " << d;
      EXPECT_EQ(got_z, want_z) << table->isa << " " << d;
    }
  }
}

}  // namespace quern::kernels
