// Decoders of every family against transformers (tools/make_decoder_fixtures.py), and against
// themselves: the same tokens give the same bits however they are cut and whatever is beside them.

#include "models/decoder.h"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/test_cosine.h"
#include "models/test_sections.h"

namespace quern::models {
namespace {

using nlohmann::json;

const std::string kFolder = std::string(QUERN_SOURCE_DIR) + "/tests/data/decoders/";

const char* const kCases[] = {"llama",  "llama3_rope", "llama_biased", "llama_linear", "mistral",
                              "qwen2",  "qwen2_yarn",  "qwen3",        "gemma",        "gemma2",
                              "gemma3", "phi3",        "phi3_long"};

// The same models as llama.cpp's converter writes them: other names, other metadata, rows of the
// rotated matrices in another order, Gemma's norms with their 1.
const char* const kGgufCases[] = {"llama",           "llama3_rope",     "llama_linear", "qwen2",
                                  "qwen2_yarn",      "qwen3",           "gemma",        "phi3",
                                  "gemma2_by_width", "gemma3_by_width", "phi3_long"};

template <typename T>
T made(Result<T> result) {
  if (!result.ok()) ADD_FAILURE() << result.status().message();
  return std::move(*result);
}

struct Fixture {
  explicit Fixture(const std::string& name, int n_threads = 1)
      : Fixture(kFolder + name, name, n_threads) {}

  Fixture(const std::string& path, const std::string& name, int n_threads) : pool(n_threads) {
    Result<formats::DecoderModel> read = formats::read_decoder(path);
    if (!read.ok()) ADD_FAILURE() << read.status().message();
    Result<Decoder> loaded = load_decoder(*read, ledger, pool);
    if (!loaded.ok()) ADD_FAILURE() << loaded.status().message();
    model = std::move(*loaded);
    golden = json::parse(std::ifstream(kFolder + name + "/golden.json"));
    ids = golden["ids"].get<std::vector<std::int32_t>>();
  }

  /// Logits of all ids, which go through the model in chunks.
  std::vector<std::vector<float>> run(int chunk, kernels::KvType type = kernels::KvType::kF32) {
    KvPool kv_pool(model.config, type, ledger, "kv");
    KvSequence kv(kv_pool);
    return run_from(kv, 0, chunk, static_cast<int>(ids.size()));
  }

  std::vector<std::vector<float>> run_from(KvSequence& kv, int first, int chunk, int end) {
    std::vector<std::vector<float>> out;
    for (; first < end; first += chunk) {
      const int n = std::min(chunk, end - first);
      EXPECT_TRUE(kv.reserve(first + n).ok());
      const DecoderStep step{.ids = std::span(ids).subspan(first, n),
                             .kv = &kv,
                             .n_logits = n,
                             .longest = static_cast<int>(ids.size())};
      forward({&step, 1}, out);
    }
    return out;
  }

  void forward(std::span<const DecoderStep> steps, std::vector<std::vector<float>>& out) {
    int n_rows = 0;
    int n_logits = 0;
    for (const DecoderStep& s : steps) {
      n_rows += static_cast<int>(s.ids.size());
      n_logits += s.n_logits;
    }
    Buffer scratch = made(Buffer::make(ledger, "scratch",
                                       decoder_scratch_bytes(model, steps[0].kv->shape().type,
                                                             n_rows, n_logits, pool.n_threads())));
    const int n_vocab = model.config.n_vocab;
    std::vector<float> logits(static_cast<std::size_t>(n_logits * n_vocab));
    decoder_forward(model, steps, scratch.as<std::byte>(), pool,
                    {logits.data(), n_logits, n_vocab});
    for (int i = 0; i < n_logits; ++i) {
      out.emplace_back(logits.begin() + i * n_vocab, logits.begin() + (i + 1) * n_vocab);
    }
  }

  ByteLedger ledger{1u << 30};
  ThreadPool pool;
  Decoder model;
  json golden;
  std::vector<std::int32_t> ids;
};

class Families : public testing::TestWithParam<const char*> {};

/// The largest difference from the golden logits, relative to the row's largest.
double worst_difference(Fixture& f) {
  const auto got = f.run(512);
  double worst = 0;
  for (const auto& [position, want] : f.golden["logits"].items()) {
    const std::vector<float>& row = got[std::stoul(position)];
    double largest = 0;
    for (const double w : want) largest = std::max(largest, std::fabs(w));
    for (std::size_t i = 0; i < row.size(); ++i) {
      worst = std::max(worst, std::fabs(row[i] - want[i].get<double>()) / largest);
    }
  }
  return worst;
}

TEST_P(Families, logits_are_those_of_transformers) {
  Fixture f(GetParam());
  EXPECT_LT(worst_difference(f), 1e-4);
}

TEST(decoder, gguf_files_give_the_logits_of_transformers_too) {
  for (const std::string name : kGgufCases) {
    Fixture f(kFolder + "gguf/" + name + ".gguf", name, 1);
    EXPECT_LT(worst_difference(f), 1e-4) << name;
  }
}

TEST_P(Families, bits_do_not_depend_on_chunks_or_threads) {
  Fixture f(GetParam());
  for (const kernels::KvType type : {kernels::KvType::kF16, kernels::KvType::kF32}) {
    const auto whole = f.run(512, type);
    EXPECT_EQ(f.run(1, type), whole);
    EXPECT_EQ(f.run(7, type), whole);
    Fixture three(GetParam(), 3);
    EXPECT_EQ(three.run(512, type), whole);
    EXPECT_EQ(three.run(1, type), whole);
  }
}

TEST_P(Families, a_forked_cache_goes_on_with_the_same_bits) {
  Fixture f(GetParam());
  const auto whole = f.run(512, kernels::KvType::kF16);
  KvPool kv_pool(f.model.config, kernels::KvType::kF16, f.ledger, "kv");
  KvSequence kv(kv_pool);
  f.run_from(kv, 0, 64, 66);
  Result<KvSequence> fork = kv.fork(65);
  ASSERT_TRUE(fork.ok());
  f.run_from(kv, 66, 8, 90);  // The other one goes its own way first.
  const auto rest = f.run_from(*fork, 65, 9, 90);
  for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i], whole[65 + i]);
}

TEST_P(Families, sequences_beside_each_other_do_not_touch) {
  Fixture f(GetParam(), 2);
  const auto whole = f.run(512, kernels::KvType::kF16);
  KvPool kv_pool(f.model.config, kernels::KvType::kF16, f.ledger, "kv");
  std::vector<KvSequence> kv;
  for (int i = 0; i < 8; ++i) {
    kv.emplace_back(kv_pool);
    EXPECT_TRUE(kv.back().reserve(90).ok());
    if (i > 0) f.run_from(kv.back(), 0, 512, 5 * i);
  }
  // A prompt, single tokens, and a chunk, together.
  std::vector<DecoderStep> steps;
  for (int i = 0; i < 8; ++i) {
    const int n = i == 0 ? 80 : i == 3 ? 7 : 1;
    steps.push_back({.ids = std::span(f.ids).subspan(5 * i, n),
                     .kv = &kv[i],
                     .n_logits = 1,
                     .longest = static_cast<int>(f.ids.size())});
  }
  std::vector<std::vector<float>> out;
  f.forward(steps, out);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(out[i], whole[5 * i + static_cast<int>(steps[i].ids.size()) - 1]) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(decoder, Families, testing::ValuesIn(kCases),
                         [](const auto& c) { return std::string(c.param); });

TEST(decoder, bound_to_packed_sections_it_gives_the_same_bits) {
  Fixture f("gemma3");
  const auto want = f.run(512);
  const formats::DecoderModel facts = *formats::read_decoder(kFolder + "gemma3");
  KeptSections packed;
  ASSERT_TRUE(pack_decoder(facts, kernels::Precision::kStored, f.ledger, f.pool, packed).ok());
  for (const Residency residency : {Residency::kWhole, Residency::kStreamed}) {
    Result<Decoder> bound =
        load_decoder(facts, f.ledger, f.pool, {.packed = packed.mapped(), .residency = residency});
    ASSERT_TRUE(bound.ok()) << bound.status().message();
    f.model = std::move(*bound);
    EXPECT_EQ(f.run(512), want);
    EXPECT_EQ(f.run(3), want);
    EXPECT_EQ(decoder_weight_info(facts)->n_bytes, f.model.weight_bytes());
  }
  packed.sections.back().resize(64);
  EXPECT_EQ(load_decoder(facts, f.ledger, f.pool, {.packed = packed.mapped()}).status().code(),
            Code::kBadInput);
}

TEST(decoder, blocks_of_folders_run_in_other_precisions) {
  for (const char* name : {"llama", "qwen3", "gemma"}) {
    Fixture f(name);
    const auto want = f.run(512);
    const formats::DecoderModel facts = *formats::read_decoder(kFolder + name);
    for (const kernels::Precision precision :
         {kernels::Precision::kF32, kernels::Precision::kBf16, kernels::Precision::kInt8}) {
      SCOPED_TRACE(std::string(name) + " " + kernels::precision_name(precision));
      f.model = made(load_decoder(facts, f.ledger, f.pool, {.precision = precision}));
      EXPECT_EQ(decoder_weight_info(facts, precision)->n_bytes, f.model.weight_bytes());
      const auto got = f.run(512);
      EXPECT_EQ(f.run(3), got) << "bits do not depend on how a prompt is cut";
      for (std::size_t i = 0; i < want.size(); ++i) {
        if (precision == kernels::Precision::kF32) {
          EXPECT_EQ(got[i], want[i]);
        } else {
          EXPECT_GT(cosine(got[i], want[i]), 0.98);  // Layers of 32 inputs share few roundings.
        }
      }
    }
  }
}

TEST(decoder, names_the_tensor_that_is_missing_or_misshapen) {
  formats::DecoderModel facts = *formats::read_decoder(kFolder + "llama");
  ByteLedger ledger(1 << 24);
  ThreadPool pool(1);
  facts.config.n_layers = 3;
  facts.config.windows.push_back(0);
  Status status = load_decoder(facts, ledger, pool).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.message().find("model.layers.2."), std::string::npos) << status.message();
  facts.config.n_layers = 2;
  facts.config.windows.pop_back();
  facts.config.d_ff = 50;
  status = load_decoder(facts, ledger, pool).status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_NE(status.message().find("is [48, 32], want [50, 32]"), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace quern::models
