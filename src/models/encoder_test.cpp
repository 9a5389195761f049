// The forward pass against vectors and logits of huggingface/transformers on small random models
// (tools/make_model_fixtures.py), and its bits across batches and threads.

#include "models/encoder.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/pace.h"
#include "kernels/block/block_weight.h"
#include "models/decoder.h"
#include "models/test_cosine.h"
#include "models/test_sections.h"

namespace quern::models {
namespace {

using kernels::Precision;
using nlohmann::json;

const std::string kModels = QUERN_SOURCE_DIR "/tests/data/models/";

// f32 sums in another order than the reference: a few ulp per layer on values of size 1 to 3.
constexpr double kF32Tolerance = 2e-5;

struct Sequence {
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> type_ids;
};

TensorSource open_files(const formats::ModelFolder& folder) {
  auto files = TensorSource::open(folder.path, folder.weights);
  EXPECT_TRUE(files.ok()) << files.status().message();
  return std::move(*files);
}

class Fixture {
 public:
  explicit Fixture(const std::string& name, Precision precision = Precision::kF32,
                   const Int8Calibration* calibration = nullptr) {
    auto read = formats::read_model_folder(kModels + name);
    EXPECT_TRUE(read.ok()) << read.status().message();
    folder = std::move(*read);
    auto loaded =
        load_encoder({.folder = folder, .precision = precision, .calibration = calibration},
                     open_files(folder), ledger, ThreadPool::serial());
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    model = std::move(*loaded);
    std::ifstream file(kModels + name + "/golden.json");
    golden = json::parse(file);
  }

  // One output row per sequence: vectors or logits.
  std::vector<std::vector<float>> run(const std::vector<Sequence>& batch, int n_threads) {
    ThreadPool pool(n_threads);
    std::vector<std::int32_t> ids, starts = {0};
    std::vector<std::uint8_t> types;
    int longest = 0;
    for (const Sequence& s : batch) {
      ids.insert(ids.end(), s.ids.begin(), s.ids.end());
      types.insert(types.end(), s.type_ids.begin(), s.type_ids.end());
      starts.push_back(static_cast<int>(ids.size()));
      longest = std::max(longest, static_cast<int>(s.ids.size()));
    }
    const RaggedBatch ragged{.ids = ids, .type_ids = types, .seq_starts = starts};
    const int n = ragged.n_tokens();
    auto scratch =
        Buffer::make(ledger, "activations",
                     std::max(encoder_scratch_bytes(model, n, longest, n_threads),
                              vector_scratch_bytes(model.head, model.config.d_model, n)));
    std::vector<float> hidden(static_cast<std::size_t>(n) * model.config.d_model);
    const Matrix<float> hidden_m(hidden.data(), n, model.config.d_model);
    encoder_forward(model, ragged, scratch->as<std::byte>(), pool, hidden_m);
    const bool classify = folder.head.output == formats::OutputKind::kLogits;
    const int width = folder.head.n_values;
    std::vector<float> out(batch.size() * static_cast<std::size_t>(width));
    const Matrix<float> out_m(out.data(), static_cast<int>(batch.size()), width);
    if (classify) {
      classify_sequences(model.classifier, ragged, hidden_m, out_m);
    } else {
      pool_sequences(model.head, ragged, hidden_m, scratch->as<std::byte>(), pool, out_m);
    }
    std::vector<std::vector<float>> rows;
    for (int r = 0; r < out_m.rows; ++r) {
      rows.emplace_back(out_m.row(r).begin(), out_m.row(r).end());
    }
    return rows;
  }

  void observe(const Sequence& s, Int8Calibration& seen) {
    const std::vector<std::int32_t> starts = {0, static_cast<std::int32_t>(s.ids.size())};
    const int n = starts[1];
    const int d = model.config.d_model;
    auto scratch = Buffer::make(ledger, "activations", encoder_scratch_bytes(model, n, n, 1));
    std::vector<float> hidden(static_cast<std::size_t>(n * d));
    observe_encoder(model, {.ids = s.ids, .type_ids = s.type_ids, .seq_starts = starts},
                    scratch->as<std::byte>(), {hidden.data(), n, d}, seen);
  }

  std::vector<Sequence> golden_sequences() const {
    std::vector<Sequence> out;
    for (const json& c : golden["cases"]) {
      out.push_back({c["ids"].get<std::vector<std::int32_t>>(),
                     c["type_ids"].get<std::vector<std::uint8_t>>()});
    }
    return out;
  }

  ByteLedger ledger{1u << 30};
  formats::ModelFolder folder;
  Encoder model;
  json golden;
};

// One of each family, saved by transformers itself (tools/make_family_fixtures.py).
const char* const kFamilies[] = {"tiny-xlm-roberta",
                                 "tiny-xlm-roberta-classifier",
                                 "tiny-camembert",
                                 "tiny-distilbert",
                                 "tiny-distilbert-classifier",
                                 "tiny-electra",
                                 "tiny-electra-classifier",
                                 "tiny-albert",
                                 "tiny-albert-classifier",
                                 "tiny-nomic",
                                 "tiny-modernbert",
                                 "tiny-modernbert-classifier",
                                 "tiny-gte",
                                 "tiny-gte-classifier",
                                 "tiny-eurobert",
                                 "tiny-mpnet",
                                 "tiny-mpnet-classifier",
                                 "tiny-deberta",
                                 "tiny-deberta-classifier",
                                 "tiny-deberta-v2",
                                 "tiny-jina",
                                 "tiny-jina-classifier",
                                 "tiny-deberta-conv",
                                 "tiny-deberta-v1",
                                 "tiny-deberta-v1-classifier",
                                 "tiny-jina-code",
                                 "tiny-t5",
                                 "tiny-t5-gated",
                                 "tiny-nomic-moe"};

std::string test_name(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, agrees_with_transformers) {
  Fixture f(GetParam());
  const auto got = f.run(f.golden_sequences(), 2);
  std::size_t i = 0;
  for (const json& c : f.golden["cases"]) {
    const auto want = (c.contains("vector") ? c["vector"] : c["logits"]).get<std::vector<float>>();
    ASSERT_EQ(got[i].size(), want.size());
    for (std::size_t k = 0; k < want.size(); ++k) {
      EXPECT_NEAR(got[i][k], want[k], kF32Tolerance) << "case " << i << " number " << k;
    }
    ++i;
  }
  EXPECT_GE(i, 8u);
}

INSTANTIATE_TEST_SUITE_P(Models, Golden,
                         testing::Values("tiny-mean-f32", "tiny-mean-f16", "tiny-mean-bf16",
                                         "tiny-cls", "tiny-max", "tiny-sharded", "tiny-nli",
                                         "tiny-roberta", "tiny-roberta-cross", "tiny-static"));

INSTANTIATE_TEST_SUITE_P(Families, Golden, testing::ValuesIn(kFamilies), test_name);

class Family : public testing::TestWithParam<const char*> {};

TEST_P(Family, every_precision_is_near_f32) {
  Fixture f32(GetParam());
  const auto want = f32.run(f32.golden_sequences(), 2);
  Int8Calibration seen;
  for (const Sequence& s : f32.golden_sequences()) f32.observe(s, seen);
  for (const Precision precision : {Precision::kBf16, Precision::kInt8}) {
    Fixture f(GetParam(), precision, precision == Precision::kInt8 ? &seen : nullptr);
    const auto got = f.run(f.golden_sequences(), 2);
    double sum = 0;
    for (std::size_t i = 0; i < want.size(); ++i) sum += cosine(got[i], want[i]);
    EXPECT_GT(sum / static_cast<double>(want.size()), 0.99);
    EXPECT_NE(got, want);
  }
}

TEST_P(Family, a_text_has_its_bits_alone_and_in_a_batch_from_memory_and_from_sections) {
  Fixture f(GetParam());
  const auto want = f.run(f.golden_sequences(), 1);
  EXPECT_EQ(f.run(f.golden_sequences(), 3), want);
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(f.run({f.golden_sequences()[i]}, 2)[0], want[i]) << i;
  }
  // Tables are stored in f16, and counted as f32 where no file is looked at.
  EXPECT_EQ(encoder_weight_bytes(f.folder, Precision::kF32).n_bytes,
            f.model.weights.n_bytes() + 2 * f.model.tables.bytes());
  KeptSections packed;
  const auto files = [&] { return open_files(f.folder); };
  ASSERT_TRUE(
      pack_encoder({.folder = f.folder}, files(), f.ledger, ThreadPool::serial(), packed).ok());
  auto bound = load_encoder(
      {.folder = f.folder, .packed = packed.mapped(), .residency = Residency::kStreamed}, files(),
      f.ledger, ThreadPool::serial());
  ASSERT_TRUE(bound.ok()) << bound.status().message();
  f.model = std::move(*bound);
  EXPECT_EQ(f.run(f.golden_sequences(), 2), want);
}

INSTANTIATE_TEST_SUITE_P(Families, Family, testing::ValuesIn(kFamilies), test_name);

TEST(encoder, bf16_stays_near_f32) {
  Fixture f32("tiny-mean-f32");
  Fixture bf16("tiny-mean-f32", Precision::kBf16);
  const auto want = f32.run(f32.golden_sequences(), 1);
  const auto got = bf16.run(bf16.golden_sequences(), 1);
  for (std::size_t i = 0; i < want.size(); ++i) {
    double cosine = 0;
    for (std::size_t k = 0; k < want[i].size(); ++k) cosine += want[i][k] * got[i][k];
    EXPECT_GT(cosine, 0.999) << i;
    EXPECT_NE(got[i], want[i]) << i;
  }
}

TEST(encoder, int8_stays_near_f32) {
  Fixture f32("tiny-mean-f32");
  const auto sequences = f32.golden_sequences();
  const auto want = f32.run(sequences, 1);
  Int8Calibration seen;
  for (const Sequence& s : sequences) f32.observe(s, seen);
  Fixture int8("tiny-mean-f32", Precision::kInt8, &seen);
  const auto got = int8.run(sequences, 1);
  for (std::size_t i = 0; i < want.size(); ++i) {
    double cosine = 0;
    for (std::size_t k = 0; k < want[i].size(); ++k) cosine += want[i][k] * got[i][k];
    EXPECT_GT(cosine, 0.995) << i;
    EXPECT_NE(got[i], want[i]) << i;
  }
}

TEST(encoder, stored_matrices_give_the_bits_of_f32) {
  for (const char* name : {"tiny-mean-f16", "tiny-mean-bf16"}) {
    Fixture f32(name);
    Fixture stored(name, Precision::kStored);
    EXPECT_LT(stored.model.weights.n_bytes(), f32.model.weights.n_bytes());
    EXPECT_EQ(stored.run(stored.golden_sequences(), 2), f32.run(f32.golden_sequences(), 2));
  }
}

// The decoder's network over whole texts, without a KV cache: its logits are those of transformers.
TEST(encoder, runs_decoders_causally) {
  const std::string folder = QUERN_SOURCE_DIR "/tests/data/decoders/";
  for (const char* name : {"llama", "llama3_rope", "mistral", "qwen2", "qwen3", "gemma", "gemma3",
                           "phi3", "llama_biased"}) {
    SCOPED_TRACE(name);
    const formats::DecoderModel facts = *formats::read_decoder(folder + name);
    const formats::ModelFolder embedder{.path = facts.path,
                                        .name = name,
                                        .config = *formats::encoder_from_decoder(facts.config),
                                        .decoder = facts.config,
                                        .head = {},
                                        .prompts = {},
                                        .default_prompt = {}};
    const json golden = json::parse(std::ifstream(folder + name + "/golden.json"));
    const auto ids = golden["ids"].get<std::vector<std::int32_t>>();
    const int n = static_cast<int>(ids.size());
    ByteLedger ledger(1u << 30);
    auto model = load_encoder({.folder = embedder, .precision = Precision::kStored},
                              open_files(embedder), ledger, ThreadPool::serial());
    ASSERT_TRUE(model.ok()) << model.status().message();
    const int d = model->config.d_model;

    // Twice in one batch, beside a shorter text: a sequence's bits are its own.
    std::vector<std::int32_t> batch = ids;
    batch.insert(batch.end(), ids.begin(), ids.begin() + n / 2);
    batch.insert(batch.end(), ids.begin(), ids.end());
    const std::vector<std::int32_t> starts = {0, n, n + n / 2, 2 * n + n / 2};
    const std::vector<std::uint8_t> types(batch.size(), 0);
    const int n_all = starts.back();
    std::vector<float> hidden(static_cast<std::size_t>(n_all) * d);
    ThreadPool pool(2);
    auto scratch = Buffer::make(ledger, "activations", encoder_scratch_bytes(*model, n_all, n, 2));
    encoder_forward(*model, {.ids = batch, .type_ids = types, .seq_starts = starts},
                    scratch->as<std::byte>(), pool, {hidden.data(), n_all, d});
    const auto at = [&](int row) { return hidden.begin() + static_cast<std::ptrdiff_t>(row) * d; };
    EXPECT_TRUE(std::equal(at(0), at(n), at(n + n / 2)));
    EXPECT_TRUE(std::equal(at(0), at(n / 2), at(n)));

    auto decoder = load_decoder(facts, ledger, ThreadPool::serial());
    ASSERT_TRUE(decoder.ok()) << decoder.status().message();
    std::vector<float> row(static_cast<std::size_t>(d));
    for (const auto& [position, want] : golden["logits"].items()) {
      const auto logits = want.get<std::vector<double>>();
      double largest = 0;
      for (const double v : logits) largest = std::max(largest, std::fabs(v));
      for (std::size_t o = 0; o < logits.size(); ++o) {
        kernels::dequantise_row(decoder->output.weight, static_cast<int>(o), row);
        double got = 0;
        for (int k = 0; k < d; ++k) {
          got += static_cast<double>(row[k]) * *(at(static_cast<int>(std::stoul(position))) + k);
        }
        ASSERT_NEAR(got / largest, logits[o] / largest, 1e-4) << position << " " << o;
      }
    }
  }
}

TEST(observe_encoder, sees_what_the_products_behind_a_norm_read) {
  Fixture f("tiny-mean-f32");
  Int8Calibration seen;
  f.observe(f.golden_sequences()[0], seen);
  ASSERT_EQ(seen.blocks.size(), f.model.blocks.size());
  for (const auto& block : seen.blocks) {
    for (const auto* largest : {&block.qkv, &block.ff_in}) {
      EXPECT_GT(*std::max_element(largest->begin(), largest->end()), 0.0f);
    }
  }
  const auto before = seen.blocks[0].ff_in;
  for (const Sequence& s : f.golden_sequences()) f.observe(s, seen);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_GE(seen.blocks[0].ff_in[i], before[i]);
  }
}

TEST(merge_maxima, sees_what_either_saw) {
  const Int8Calibration a{.blocks = {{.qkv = {1, 5}, .ff_in = {2, 2}}}};
  Int8Calibration b{.blocks = {{.qkv = {3, 4}, .ff_in = {0, 7}}}};
  merge_maxima(a, b);
  EXPECT_EQ(b.blocks[0].qkv, (std::vector<float>{3, 5}));
  EXPECT_EQ(b.blocks[0].ff_in, (std::vector<float>{2, 7}));
  Int8Calibration none;
  merge_maxima(none, b);
  EXPECT_EQ(b.blocks[0].qkv, (std::vector<float>{3, 5}));
  merge_maxima(b, none);
  EXPECT_EQ(none.blocks[0].ff_in, b.blocks[0].ff_in);
}

// Random sequences, random batches: a sequence's bits are its own.
TEST(encoder, same_sequence_same_bits_in_any_batch_on_any_threads) {
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    Fixture f("tiny-mean-f32", precision);
    std::mt19937 random(17);
    std::vector<Sequence> sequences;
    for (int i = 0; i < 24; ++i) {
      Sequence s;
      const int n = 2 + static_cast<int>(random() % static_cast<unsigned>(f.folder.max_tokens - 2));
      for (int t = 0; t < n; ++t) {
        s.ids.push_back(static_cast<std::int32_t>(random() % f.model.config.n_vocab));
        s.type_ids.push_back(static_cast<std::uint8_t>(random() % f.model.config.n_types));
      }
      sequences.push_back(s);
    }
    std::vector<std::vector<float>> alone;
    for (const Sequence& s : sequences) alone.push_back(f.run({s}, 1)[0]);
    for (int round = 0; round < 12; ++round) {
      std::vector<std::size_t> order(sequences.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::shuffle(order.begin(), order.end(), random);
      order.resize(1 + random() % order.size());
      std::vector<Sequence> batch;
      for (const std::size_t i : order) batch.push_back(sequences[i]);
      const auto got = f.run(batch, 1 + round % 4);
      for (std::size_t k = 0; k < order.size(); ++k) EXPECT_EQ(got[k], alone[order[k]]);
    }
  }
}

TEST(encoder, weight_bytes_are_what_the_ledger_holds) {
  for (const char* name : {"tiny-mean-f32", "tiny-nli"}) {
    for (const auto precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
      Fixture f(name, precision);
      EXPECT_EQ(encoder_weight_bytes(f.folder, precision).n_bytes, f.ledger.used_bytes()) << name;
    }
  }
}

TEST(encoder, bound_to_packed_sections_it_gives_the_same_bits_and_packs_nothing) {
  for (const char* name : {"tiny-mean-f16", "tiny-nli"}) {
    for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
      Fixture f(name, precision);
      const auto want = f.run(f.golden_sequences(), 2);
      const std::size_t bytes = f.model.weight_bytes();
      f.model = {};
      EXPECT_EQ(f.ledger.used_bytes(), 0u);
      const auto bind = [&](MappedSections packed, Residency residency) {
        auto bound = load_encoder({.folder = f.folder,
                                   .precision = precision,
                                   .packed = std::move(packed),
                                   .residency = residency},
                                  open_files(f.folder), f.ledger, ThreadPool::serial());
        EXPECT_TRUE(bound.ok()) << bound.status().message();
        f.model = std::move(*bound);
        EXPECT_TRUE(f.model.weights.is_mapped());
        EXPECT_EQ(f.model.weight_bytes(), bytes);
      };
      KeptSections packed;
      ASSERT_TRUE(pack_encoder({.folder = f.folder, .precision = precision}, open_files(f.folder),
                               f.ledger, ThreadPool::serial(), packed)
                      .ok());
      bind(packed.mapped(), Residency::kWhole);
      EXPECT_EQ(f.ledger.used_bytes(), bytes);
      EXPECT_EQ(f.run(f.golden_sequences(), 2), want);
      f.model = {};
      bind(packed.mapped(), Residency::kStreamed);
      EXPECT_EQ(f.run(f.golden_sequences(), 2), want);
    }
  }
}

TEST(encoder, packed_sections_of_another_size_are_refused) {
  Fixture f("tiny-mean-f32");
  KeptSections packed;
  ASSERT_TRUE(pack_encoder({.folder = f.folder}, open_files(f.folder), f.ledger,
                           ThreadPool::serial(), packed)
                  .ok());
  packed.sections[1].resize(packed.sections[1].size() - 64);
  const auto wrong = load_encoder({.folder = f.folder, .packed = packed.mapped()},
                                  open_files(f.folder), f.ledger, ThreadPool::serial());
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.status().code(), Code::kBadInput) << wrong.status().message();
}

TEST(encoder, missing_and_misshapen_tensors_are_named) {
  Fixture f("tiny-mean-f32");
  auto folder = f.folder;
  folder.config.d_ff += 16;
  const auto wrong =
      load_encoder({.folder = folder}, open_files(folder), f.ledger, ThreadPool::serial());
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.status().code(), Code::kBadInput);
  EXPECT_NE(wrong.status().message().find("intermediate.dense.weight' is ["), std::string::npos)
      << wrong.status().message();

  folder = f.folder;
  folder.config.n_layers += 1;
  const auto missing =
      load_encoder({.folder = folder}, open_files(folder), f.ledger, ThreadPool::serial());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  EXPECT_NE(missing.status().message().find("encoder.layer.2."), std::string::npos)
      << missing.status().message();
}

TEST(encoder, a_model_over_the_budget_is_refused_and_holds_nothing) {
  Fixture f("tiny-mean-f32");
  ByteLedger small(1000);
  const auto refused =
      load_encoder({.folder = f.folder}, open_files(f.folder), small, ThreadPool::serial());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::kExhausted);
  EXPECT_EQ(small.used_bytes(), 0u);
}

class CountsRests : public Pace {
 public:
  bool yield_asked() const override { return true; }
  int n_rests = 0;

 protected:
  void let_others() override { ++n_rests; }
};

TEST(classify_sequences, others_may_go_first_between_texts) {
  const std::vector<float> zeros(4);
  const Classifier head{.dense_w = {zeros.data(), 2, 2},
                        .dense_b = std::span(zeros).first(2),
                        .out_w = {zeros.data(), 1, 2},
                        .out_b = std::span(zeros).first(1)};
  const std::vector<std::int32_t> starts = {0, 1, 2};
  const std::vector<std::int32_t> ids(2);
  std::vector<float> out(2);
  CountsRests pace;
  const Pace::Scope scope(pace);
  classify_sequences(head, {.ids = ids, .type_ids = {}, .seq_starts = starts}, {zeros.data(), 2, 2},
                     {out.data(), 2, 1});
  EXPECT_EQ(pace.n_rests, 2);
}

TEST(slice_and_normalize, keeps_the_first_numbers_at_length_one) {
  std::vector<float> v = {3, 4, 12};
  slice_and_normalize(v, 2);
  EXPECT_EQ(v, (std::vector<float>{0.6f, 0.8f}));
  std::vector<float> zeros = {0, 0, 1};
  slice_and_normalize(zeros, 2);
  EXPECT_EQ(zeros, (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace quern::models
