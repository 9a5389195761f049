#include "kernels/codes/codes.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/codes/codes_isa.h"

namespace quern::kernels {
namespace {

/// Rows and queries of random codes over the whole range.
struct Problem {
  int n_table, d, n_queries;
  std::vector<std::uint8_t> rows;    // [n_table, d]
  std::vector<std::int8_t> queries;  // [n_queries, d]

  Problem(int n, int width, int n_q, unsigned seed) : n_table(n), d(width), n_queries(n_q) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> code(0, 255);
    std::uniform_int_distribution<int> of_query(-127, 127);
    rows.resize(std::size_t(n) * d);
    queries.resize(std::size_t(n_q) * d);
    for (std::uint8_t& v : rows) v = std::uint8_t(code(random));
    for (std::int8_t& v : queries) v = std::int8_t(of_query(random));
  }

  /// With a column beside each row of out that must stay as it is.
  std::vector<std::int32_t> run(const CodesIsa& isa, int n, const std::uint32_t* ids) const {
    std::vector<std::int32_t> out(std::size_t(n_queries) * (n + 1), 77);
    isa.dots({.rows = rows.data(),
              .ids = ids,
              .n_rows = n,
              .d = d,
              .queries = queries.data(),
              .n_queries = n_queries,
              .out = out.data(),
              .out_stride = n + 1});
    return out;
  }
};

TEST(codes, worked_example) {
  // (130 - 128) * 3 + (127 - 128) * -5 = 11; the padding of 128 is nothing.
  std::vector<std::uint8_t> row(64, 128);
  std::vector<std::int8_t> query(64, 0);
  row[0] = 130;
  row[63] = 127;
  query[0] = 3;
  query[63] = -5;
  query[1] = 99;
  for (const CodesIsa* isa : codes_runnable()) {
    SCOPED_TRACE(isa->isa);
    codes_set_active(*isa);
    std::int32_t out = 0;
    code_dots({.rows = row.data(),
               .n_rows = 1,
               .d = 64,
               .queries = query.data(),
               .n_queries = 1,
               .out = &out,
               .out_stride = 1});
    EXPECT_EQ(out, 11);
  }
}

TEST(codes, every_isa_gives_the_plain_sums_in_order) {
  for (const int d : {64, 128, 192, 384, 1024}) {
    for (int n_queries = 1; n_queries <= kMaxCodeQueries; ++n_queries) {
      const Problem p(70, d, n_queries, unsigned(d + n_queries));
      for (const int n : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 70}) {
        const auto want = p.run(codes_plain, n, nullptr);
        for (const CodesIsa* isa : codes_runnable()) {
          EXPECT_EQ(p.run(*isa, n, nullptr), want)
              << isa->isa << " d " << d << " queries " << n_queries << " rows " << n;
        }
      }
    }
  }
}

TEST(codes, gathered_rows_are_those_of_their_ids) {
  const Problem p(100, 384, 3, 7);
  const auto all = p.run(codes_plain, 100, nullptr);
  std::vector<std::uint32_t> ids(100);
  std::iota(ids.begin(), ids.end(), 0u);
  std::shuffle(ids.begin(), ids.end(), std::mt19937(5));
  for (const CodesIsa* isa : codes_runnable()) {
    for (const int n : {1, 5, 16, 17, 100}) {
      const auto got = p.run(*isa, n, ids.data());
      for (int q = 0; q < 3; ++q) {
        for (int i = 0; i < n; ++i) ASSERT_EQ(got[q * (n + 1) + i], all[q * 101 + ids[i]]);
        EXPECT_EQ(got[q * (n + 1) + n], 77);
      }
    }
  }
}

// All at the ends of the range: where sums of 16 bits would saturate.
TEST(codes, nothing_saturates) {
  for (const std::uint8_t row : {0, 1, 127, 128, 129, 255}) {
    for (const std::int8_t query : {-127, -1, 0, 1, 127}) {
      Problem p(17, 65536, 1, 1);
      std::fill(p.rows.begin(), p.rows.end(), row);
      std::fill(p.queries.begin(), p.queries.end(), query);
      const std::int32_t want = 65536 * (row - 128) * query;
      for (const CodesIsa* isa : codes_runnable()) {
        const auto out = p.run(*isa, 17, nullptr);
        for (int i = 0; i < 17; ++i) ASSERT_EQ(out[i], want) << isa->isa << " " << int(row);
      }
    }
  }
}

TEST(codes, every_table_has_its_products) {
  ASSERT_GE(codes_runnable().size(), 1u);
  EXPECT_EQ(codes_runnable().front(), &codes_plain);
}

TEST(codes, wrong_shapes_stop_the_program) {
  std::uint8_t rows[64] = {};
  std::int8_t queries[64] = {};
  std::int32_t out = 0;
  CodeDots dots{.rows = rows,
                .n_rows = 1,
                .d = 63,
                .queries = queries,
                .n_queries = 1,
                .out = &out,
                .out_stride = 1};
  EXPECT_DEATH(code_dots(dots), "");
  dots.d = 64;
  dots.n_queries = 9;
  EXPECT_DEATH(code_dots(dots), "");
}

}  // namespace
}  // namespace quern::kernels
