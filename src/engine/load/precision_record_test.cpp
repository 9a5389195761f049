#include "engine/load/precision_record.h"

#include <span>

#include <gtest/gtest.h>

#include "formats/test_folder.h"
#include "hub/packed_cache.h"
#include "kernels/numerics.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

using kernels::Precision;

const std::string kDigest(64, 'a');

PrecisionRecord sample_record() {
  return {.chosen = Precision::kBf16,
          .measured = {{.precision = Precision::kInt8,
                        .mean_cosine = 0.9981,
                        .least_cosine = 0.9712345678901234,
                        .n_labels_changed = 2},
                       {.precision = Precision::kBf16, .mean_cosine = 1, .least_cosine = 0.9999}}};
}

}  // namespace

TEST(precision_record, text_and_back) {
  const std::string text = precision_record_text(sample_record());
  EXPECT_EQ(text,
            "quern precision 2\nchosen bf16\nint8 0.9981 0.9712345678901234 2\nbf16 1 0.9999 0\n");
  const auto read = parse_precision_record(text);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, sample_record());
  EXPECT_EQ(*parse_precision_record(precision_record_text({})), PrecisionRecord{});
}

TEST(precision_record, what_is_not_one_is_refused) {
  const std::string good = precision_record_text(sample_record());
  for (const char* text : {"quern precision 2\n", "quern precision 2\nchosen auto\n",
                           "quern precision 2\nint8 1 1 0\n", "quern precision 2\nchosen int8\n\n",
                           "quern precision 2\nchosen int8\nint8 1 1\n",
                           "quern precision 2\nchosen int8\nint8 nan 1 0\n",
                           "quern precision 2\nchosen int8\nint8 1.5 1 0\n",
                           "quern precision 2\nchosen int8\nint8 1 1 -1\n",
                           "quern precision 2\nchosen int8\nint8 1 1 0 0\n",
                           "quern precision 2\nchosen int8\nq4 1 1 0\n"}) {
    EXPECT_EQ(parse_precision_record(text).status().code(), Code::kBadInput) << text;
  }
  EXPECT_EQ(parse_precision_record("").status().code(), Code::kUnsupported);
  EXPECT_EQ(parse_precision_record("quern precision 1\nchosen int8\n").status().code(),
            Code::kUnsupported);
  for (std::size_t n = 0; n < good.size(); ++n) {
    [[maybe_unused]] const auto cut = parse_precision_record(good.substr(0, n));
  }
}

TEST(precision_record, is_kept_and_found_by_the_models_digest) {
  const formats::TestFolder home;
  EXPECT_EQ(find_precision_record(home.path(), kDigest).status().code(), Code::kNotFound);
  keep_precision_record(home.path(), kDigest, sample_record());
  const auto found = find_precision_record(home.path(), kDigest);
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(*found, sample_record());
  EXPECT_FALSE(find_precision_record(home.path(), std::string(64, 'b')).ok());
  hub::PackedCache(home.path()).clear(kDigest);
  EXPECT_EQ(find_precision_record(home.path(), kDigest).status().code(), Code::kNotFound);
}

}  // namespace quern::engine
