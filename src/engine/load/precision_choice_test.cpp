#include "engine/load/precision_choice.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "formats/test_folder.h"
#include "hub/model_digest.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;
using formats::fixture;
using formats::TestFolder;
using kernels::Precision;
using testing::HasSubstr;

// Where bf16 is not native nothing lies between int8 and f32.
std::string next_after_int8() { return kernels::active().native_bf16 ? "bf16" : "f32"; }

/// Tensors of a copied model whose file may be written to.
class OpenWeights {
 public:
  explicit OpenWeights(const std::string& folder) : path_(folder + "/model.safetensors") {
    bytes_ = formats::slurp(path_);
    auto read = formats::parse_safetensors(std::as_bytes(std::span(bytes_)));
    EXPECT_TRUE(read.ok()) << read.status().message();
    tensors_ = std::move(*read);
  }
  ~OpenWeights() { std::ofstream(path_, std::ios::binary) << bytes_; }

  /// Sets column `at` (a vector's element) of the feed-forward tensors whose names end so.
  void set(const std::string& suffix, std::int64_t at, float value) {
    for (const auto& [name, t] : tensors_) {
      if (!name.ends_with(suffix) || name.find("attention") != name.npos) continue;
      ASSERT_EQ(t.dtype, DType::kF32);
      const std::int64_t n_rows = t.shape.size() == 1 ? 1 : t.shape[0];
      const auto begin = reinterpret_cast<const char*>(t.bytes.data()) - bytes_.data();
      for (std::int64_t row = 0; row < n_rows; ++row) {
        std::memcpy(bytes_.data() + begin + 4 * (row * t.shape.back() + at), &value, 4);
      }
      ++n_set_;
    }
  }
  int n_set() const { return n_set_; }

 private:
  std::string path_;
  std::string bytes_;
  formats::TensorMap tensors_;
  int n_set_ = 0;
};

// A large weight that always meets a zero: f32 and bf16 do not notice it, in int8 it takes the
// whole scale, and its neighbours vanish.
void spoil_for_int8(const std::string& folder) {
  OpenWeights weights(folder);
  weights.set("intermediate.dense.bias", 0, -500.0f);
  weights.set("output.dense.weight", 0, 300.0f);
  EXPECT_EQ(weights.n_set(), 4);  // Two layers.
}

class PrecisionChoiceTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::unsetenv("QUERN_PACKED"), 0);
    ASSERT_EQ(::unsetenv("QUERN_PACKED_QUOTA"), 0);
  }
  void TearDown() override { SetUp(); }

  std::unique_ptr<Engine> engine(const std::string& precision = "auto") const {
    auto made = Engine::make({.n_threads = 2, .home = home.path(), .precision = precision});
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }

  /// The precision that a new engine loads `model` in.
  std::string chosen(const std::string& model) const {
    const auto e = engine();
    EXPECT_TRUE(e->warm(model).ok()) << e->warm(model).message();
    return e->describe(model)->precision;
  }

  std::vector<float> vector_of(Engine& e, const std::string& model) const {
    Request request;
    request.model = model;
    request.inputs.emplace_back();
    request.inputs.back().text = "the boundary layer";
    const Response response = e.run(std::move(request));
    EXPECT_TRUE(response.status.ok()) << response.status.message();
    return response.outcomes.empty() ? std::vector<float>() : response.outcomes[0].values;
  }

  fs::path record_file() const {
    fs::path found;
    for (const auto& file : fs::directory_iterator(home.path("packed"))) {
      if (file.path().filename().string().find("-auto-") != std::string::npos) found = file.path();
    }
    return found;
  }

  std::string digest_of(const std::string& model) const {
    const auto files = formats::TensorFiles::open(model);
    return *hub::model_digest(home.path(), model, *files);
  }

  TestFolder home;
};

TEST_F(PrecisionChoiceTest, a_faithful_model_is_run_in_int8) {
  const auto e = engine();
  EXPECT_EQ(e->describe(fixture("tiny-mean-f32"))->precision, "auto");
  const std::vector<float> vector = vector_of(*e, fixture("tiny-mean-f32"));
  EXPECT_EQ(e->describe(fixture("tiny-mean-f32"))->precision, "int8");
  EXPECT_EQ(vector, vector_of(*engine("int8"), fixture("tiny-mean-f32")));
  // What was measured is known to the next process before it loads anything.
  const auto next = engine();
  EXPECT_EQ(next->describe(fixture("tiny-mean-f32"))->precision, "int8");
  EXPECT_EQ(vector, vector_of(*next, fixture("tiny-mean-f32")));
  EXPECT_LT(next->describe(fixture("tiny-mean-f32"))->weight_bytes,
            engine("f32")->describe(fixture("tiny-mean-f32"))->weight_bytes);
}

TEST_F(PrecisionChoiceTest, a_model_that_int8_spoils_is_run_in_the_next_one) {
  const std::string model = home.copy_model("tiny-mean-f32", "spoilt");
  spoil_for_int8(model);
  EXPECT_EQ(chosen(model), next_after_int8());
  const auto record = find_precision_record(home.path(), digest_of(model));
  ASSERT_TRUE(record.ok()) << record.status().message();
  EXPECT_EQ(record->measured.at(0).precision, Precision::kInt8);
  EXPECT_FALSE(is_faithful(record->measured.at(0)));
  EXPECT_EQ(vector_of(*engine(), model), vector_of(*engine(next_after_int8()), model));
}

TEST_F(PrecisionChoiceTest, a_classifier_is_held_by_its_labels_too) {
  EXPECT_EQ(chosen(fixture("tiny-nli")), "int8");
  const SampleResults f32{
      .n_samples = 2, .n_labels = 3, .states = {1, 0, 0, 1}, .logits = {1, 3, 0, 1, 1.01f, 0}};
  SampleResults got = f32;
  EXPECT_TRUE(is_faithful(compare_samples(f32, got, Precision::kInt8)));
  std::swap(got.logits[3], got.logits[4]);  // f32 was not sure there.
  EXPECT_TRUE(is_faithful(compare_samples(f32, got, Precision::kInt8)));
  std::swap(got.logits[0], got.logits[1]);
  EXPECT_EQ(compare_samples(f32, got, Precision::kInt8).n_labels_changed, 1);
  EXPECT_FALSE(is_faithful(compare_samples(f32, got, Precision::kInt8)));
}

TEST(compare_samples, one_logit_is_held_by_the_order_of_its_scores) {
  const SampleResults f32{
      .n_samples = 3, .n_labels = 1, .states = {1, 1, 1}, .logits = {-11.0f, -10.9f, -10.75f}};
  SampleResults got = f32;
  got.logits = {-10.85f, -10.9f, -10.8f};  // The first two lie too close to be sure of.
  EXPECT_TRUE(is_faithful(compare_samples(f32, got, Precision::kInt8)));
  got.logits = {-10.7f, -10.9f, -10.8f};
  EXPECT_EQ(compare_samples(f32, got, Precision::kInt8).n_labels_changed, 1);
  EXPECT_FALSE(is_faithful(compare_samples(f32, got, Precision::kInt8)));
}

TEST(compare_samples, worked_example) {
  const SampleResults f32{.n_samples = 2, .states = {1, 0, 0, 2}};
  const SampleResults got{.n_samples = 2, .states = {3, 4, 0, 1}};
  const Fidelity found = compare_samples(f32, got, Precision::kBf16);
  EXPECT_EQ(found.precision, Precision::kBf16);
  EXPECT_DOUBLE_EQ(found.mean_cosine, 0.8);
  EXPECT_DOUBLE_EQ(found.least_cosine, 0.6);
  EXPECT_TRUE(is_faithful({.mean_cosine = 0.9995, .least_cosine = 0.997}));
  EXPECT_FALSE(is_faithful({.mean_cosine = 0.99949, .least_cosine = 0.997}));
  EXPECT_FALSE(is_faithful({.mean_cosine = 0.9999, .least_cosine = 0.9969}));
}

TEST(compare_samples, what_is_no_number_is_not_faithful) {
  SampleResults f32{.n_samples = 1, .states = {1, 0}};
  SampleResults got = f32;
  got.states[0] = std::nanf("");
  EXPECT_FALSE(is_faithful(compare_samples(f32, got, Precision::kInt8)));
  EXPECT_FALSE(is_faithful(compare_samples(got, got, Precision::kInt8)));
  EXPECT_FALSE(is_faithful(compare_samples({}, {}, Precision::kInt8)));
}

// A record that says otherwise than a measurement would: if it is obeyed, it was read.
TEST_F(PrecisionChoiceTest, the_record_is_used_and_not_measured_again) {
  const std::string model = fixture("tiny-mean-f32");
  EXPECT_EQ(chosen(model), "int8");
  keep_precision_record(home.path(), digest_of(model), {.chosen = Precision::kF32, .measured = {}});
  EXPECT_EQ(chosen(model), "f32");
}

TEST_F(PrecisionChoiceTest, a_damaged_record_is_measured_again) {
  const std::string model = fixture("tiny-mean-f32");
  EXPECT_EQ(chosen(model), "int8");
  keep_precision_record(home.path(), digest_of(model), {.chosen = Precision::kF32, .measured = {}});
  const std::string file = record_file();
  std::string bytes = formats::slurp(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  std::ofstream(file, std::ios::binary) << bytes;
  EXPECT_EQ(chosen(model), "int8");
  EXPECT_EQ(find_precision_record(home.path(), digest_of(model))->chosen, Precision::kInt8);
}

TEST_F(PrecisionChoiceTest, without_a_cache_it_is_measured_each_time) {
  ASSERT_EQ(::setenv("QUERN_PACKED", "off", 1), 0);
  EXPECT_EQ(chosen(fixture("tiny-mean-f32")), "int8");
  EXPECT_FALSE(fs::exists(home.path("packed")));
}

TEST_F(PrecisionChoiceTest, measuring_gives_its_memory_back) {
  const auto e = engine();
  const std::size_t before = e->ledger().used_bytes();
  ASSERT_TRUE(e->warm(fixture("tiny-mean-f32")).ok());
  for (const auto& tenant : e->ledger().tenants()) {
    if (tenant.name == "calibration") {
      EXPECT_EQ(tenant.bytes, 0u);
      EXPECT_GT(tenant.peak_bytes, 0u);
    }
  }
  const auto info = e->describe(fixture("tiny-mean-f32"));
  EXPECT_LT(e->ledger().used_bytes(), before + info->weight_bytes + (1u << 20));
}

TEST_F(PrecisionChoiceTest, an_unknown_precision_is_refused) {
  const auto made = Engine::make({.home = home.path(), .precision = "int4"});
  EXPECT_EQ(made.status().code(), Code::kBadInput);
  EXPECT_THAT(made.status().message(), HasSubstr("want auto, f32, bf16 or int8"));
}

}  // namespace
}  // namespace quern::engine
