#include "models/vector_head.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/test_folder.h"
#include "tensor/buffer.h"

namespace quern::models {
namespace {

using testing::HasSubstr;

/// A head of a fixture, and what it makes of rows of one column of numbers each.
struct Fixture {
  explicit Fixture(const std::string& path) : folder(*formats::read_model_folder(path)) {
    Result<VectorHead> loaded =
        load_vector_head(folder.head, folder.path, TensorSource(), {ledger, "weights/m", pool});
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    head = std::move(*loaded);
  }

  /// Sequence s has `lengths[s]` rows.
  std::vector<std::vector<float>> run(const std::vector<int>& lengths, int n_threads) {
    const int d = folder.config.d_model;
    std::vector<std::int32_t> starts = {0};
    for (const int n : lengths) starts.push_back(starts.back() + n);
    const int n_rows = starts.back();
    std::vector<float> hidden(static_cast<std::size_t>(n_rows) * d);
    for (std::size_t s = 0; s < lengths.size(); ++s) {
      for (int i = 0; i < lengths[s] * d; ++i) {
        hidden[static_cast<std::size_t>(starts[s]) * d + i] = std::sin(0.1f * i + lengths[s]);
      }
    }
    const std::vector<std::int32_t> ids(static_cast<std::size_t>(n_rows));
    const int n_seqs = static_cast<int>(lengths.size());
    const int n_values = head.n_values(d);
    std::vector<float> out(static_cast<std::size_t>(n_seqs) * n_values);
    const auto made = Buffer::make(ledger, "scratch", vector_scratch_bytes(head, d, n_rows));
    const Buffer& scratch = *made;
    ThreadPool threads(n_threads);
    pool_sequences(head, {.ids = ids, .type_ids = {}, .seq_starts = starts},
                   {hidden.data(), n_rows, d}, scratch.as<std::byte>(), threads,
                   {out.data(), n_seqs, n_values});
    std::vector<std::vector<float>> rows;
    for (int s = 0; s < n_seqs; ++s) {
      rows.emplace_back(out.begin() + std::ptrdiff_t{s} * n_values,
                        out.begin() + std::ptrdiff_t{s + 1} * n_values);
    }
    return rows;
  }

  formats::ModelFolder folder;
  ByteLedger ledger{1u << 30};
  ThreadPool& pool = ThreadPool::serial();
  VectorHead head;
};

}  // namespace

TEST(vector_head, a_vectors_bits_are_its_own) {
  Fixture f(formats::fixture("tiny-st-chain"));
  std::vector<int> lengths;
  for (int i = 0; i < 150; ++i) lengths.push_back(1 + i % 7);  // More than go through together.
  const auto together = f.run(lengths, 2);
  EXPECT_EQ(f.run(lengths, 1), together);
  for (const std::size_t i : {0u, 1u, 63u, 64u, 149u}) {
    EXPECT_EQ(f.run({lengths[i]}, 1)[0], together[i]) << i;
  }
}

TEST(vector_head, its_weights_are_in_the_ledger) {
  const Fixture f(formats::fixture("tiny-st-chain"));
  EXPECT_GT(f.head.weight_bytes(), 0u);
  EXPECT_EQ(f.head.weight_bytes(), module_chain_bytes(f.folder.head.modules));
  EXPECT_GE(f.ledger.used_bytes(), f.head.weight_bytes());
}

TEST(vector_head, a_module_that_is_not_what_its_config_says_is_refused_by_name) {
  const formats::TestFolder folder;
  const std::string path = folder.copy_model("tiny-st-chain", "m");
  formats::replace_in(path + "/7_Dense/config.json", "70", "71");
  const formats::ModelFolder model = *formats::read_model_folder(path);
  ByteLedger ledger(1u << 30);
  const Status status = load_vector_head(model.head, model.path, TensorSource(),
                                         {ledger, "weights/m", ThreadPool::serial()})
                            .status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_THAT(status.message(), HasSubstr("7_Dense: tensor 'linear.weight' is [70, 30], want"));
}

}  // namespace quern::models
