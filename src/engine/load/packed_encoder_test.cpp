#include "engine/load/packed_encoder.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/sha256.h"
#include "formats/test_folder.h"
#include "hub/packed_cache.h"
#include "kernels/numerics.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;
using formats::fixture;
using formats::TestFolder;
using kernels::Precision;

class PackedEncoderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::unsetenv("QUERN_PACKED"), 0);
    ASSERT_EQ(::unsetenv("QUERN_PACKED_QUOTA"), 0);
  }
  void TearDown() override { SetUp(); }

  models::Encoder load(const std::string& path, Precision precision = Precision::kF32) {
    auto folder = formats::read_model_folder(path);
    EXPECT_TRUE(folder.ok()) << folder.status().message();
    const PackedEncoderSource source{
        .home = home.path(), .folder = *folder, .precision = precision, .calibrate = [&] {
          ++n_packed;
          return models::Int8Calibration();
        }};
    auto model = load_packed_encoder(source, ledger, ThreadPool::serial());
    EXPECT_TRUE(model.ok()) << model.status().message();
    return model.ok() ? std::move(*model) : models::Encoder();
  }

  std::vector<fs::path> packed_files() const {
    std::vector<fs::path> out;
    if (!fs::exists(home.path("packed"))) return out;
    for (const auto& entry : fs::directory_iterator(home.path("packed"))) {
      if (entry.path().extension() == ".qpk") out.push_back(entry.path());
    }
    return out;
  }

  std::vector<float> hidden(const models::Encoder& model) {
    const std::vector<std::int32_t> ids = {2, 5, 9, 11, 3};
    const std::vector<std::uint8_t> types(ids.size());
    const std::vector<std::int32_t> starts = {0, static_cast<std::int32_t>(ids.size())};
    const int n = static_cast<int>(ids.size());
    const auto scratch =
        Buffer::make(ledger, "activations", models::encoder_scratch_bytes(model, n, n, 1));
    std::vector<float> out(ids.size() * static_cast<std::size_t>(model.config.d_model));
    models::encoder_forward(model, {.ids = ids, .type_ids = types, .seq_starts = starts},
                            scratch->as<std::byte>(), ThreadPool::serial(),
                            {out.data(), n, model.config.d_model});
    return out;
  }

  TestFolder home;
  ByteLedger ledger{1u << 30};
  int n_packed = 0;
};

TEST_F(PackedEncoderTest, packs_once_and_gives_the_same_bits_from_the_cache) {
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    n_packed = 0;
    ASSERT_EQ(::setenv("QUERN_PACKED", "off", 1), 0);
    const models::Encoder fresh = load(fixture("tiny-mean-f32"), precision);
    EXPECT_FALSE(fresh.weights.is_mapped());
    ASSERT_EQ(::unsetenv("QUERN_PACKED"), 0);
    const models::Encoder first = load(fixture("tiny-mean-f32"), precision);
    const models::Encoder second = load(fixture("tiny-mean-f32"), precision);
    EXPECT_EQ(n_packed, 2);
    for (const models::Encoder* model : {&first, &second}) {
      EXPECT_TRUE(model->weights.is_mapped());
      EXPECT_EQ(model->weight_bytes(), fresh.weight_bytes());
      EXPECT_EQ(hidden(*model), hidden(fresh));
    }
  }
  EXPECT_EQ(packed_files().size(), 2u);
}

TEST_F(PackedEncoderTest, damaged_files_are_packed_again) {
  const std::vector<float> want = hidden(load(fixture("tiny-nli")));
  ASSERT_EQ(packed_files().size(), 1u);
  const std::string path = packed_files()[0];
  const std::string whole = formats::slurp(path);
  n_packed = 0;
  int n_damaged = 0;
  for (const std::size_t at : {std::size_t{0}, std::size_t{8}, std::size_t{13}, std::size_t{70},
                               std::size_t{4096}, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    for (const std::string& bytes : {damaged, whole.substr(0, at)}) {
      home.write("packed/" + fs::path(path).filename().string(), bytes);
      EXPECT_EQ(hidden(load(fixture("tiny-nli"))), want);
      EXPECT_EQ(n_packed, ++n_damaged) << "byte " << at;
      EXPECT_EQ(formats::slurp(path), whole);
    }
  }
}

TEST_F(PackedEncoderTest, a_changed_model_is_packed_again) {
  const std::string folder = home.copy_model("tiny-mean-f32", "m");
  const std::vector<float> before = hidden(load(folder));
  fs::copy(fixture("tiny-mean-f16/model.safetensors"), folder + "/model.safetensors",
           fs::copy_options::overwrite_existing);
  EXPECT_NE(hidden(load(folder)), before);
  EXPECT_EQ(n_packed, 2);
}

// Whole and undamaged, but of another size than the model's files give.
TEST_F(PackedEncoderTest, sections_of_another_size_are_packed_again) {
  const std::vector<float> want = hidden(load(fixture("tiny-mean-f32")));
  const std::string name = packed_files().at(0).filename();
  const std::string whole = formats::slurp(packed_files().at(0));
  auto read = hub::parse_packed_file(std::as_bytes(std::span(whole)));
  ASSERT_TRUE(read.ok());
  const auto half = read->sections[0].bytes.first(64);
  const hub::PackedSection section{.n_bytes = 64, .checksum = checksum64(half)};
  std::string file = hub::packed_head(read->key, std::span(&section, 1));
  file.append(reinterpret_cast<const char*>(half.data()), 64);
  home.write("packed/" + name, file);
  EXPECT_EQ(hidden(load(fixture("tiny-mean-f32"))), want);
  EXPECT_EQ(n_packed, 2);
}

TEST_F(PackedEncoderTest, without_a_place_to_write_the_model_is_as_good) {
  const std::vector<float> want = hidden(load(fixture("tiny-mean-f32")));
  ASSERT_EQ(::setenv("QUERN_PACKED_QUOTA", "0", 1), 0);
  fs::remove_all(home.path("packed"));
  EXPECT_EQ(hidden(load(fixture("tiny-mean-f32"))), want);
  EXPECT_TRUE(packed_files().empty());
  ASSERT_EQ(::unsetenv("QUERN_PACKED_QUOTA"), 0);
  fs::remove_all(home.path("packed"));
  home.write("packed", "a file where the folder should be");
  EXPECT_EQ(hidden(load(fixture("tiny-mean-f32"))), want);
}

TEST_F(PackedEncoderTest, the_ledger_holds_the_weights_once_and_then_nothing) {
  {
    const models::Encoder model = load(fixture("tiny-mean-f32"));
    EXPECT_EQ(ledger.used_bytes(), model.weight_bytes());
    EXPECT_EQ(ledger.peak_bytes(), model.weight_bytes());
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST_F(PackedEncoderTest, many_starts_at_once_give_the_same_bits) {
  const std::vector<float> want = hidden(load(fixture("tiny-mean-f32")));
  fs::remove_all(home.path("packed"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto folder = formats::read_model_folder(fixture("tiny-mean-f32"));
      const PackedEncoderSource source{
          .home = home.path(), .folder = *folder, .precision = Precision::kF32, .calibrate = [] {
            return models::Int8Calibration();
          }};
      const auto model = load_packed_encoder(source, ledger, ThreadPool::serial());
      ASSERT_TRUE(model.ok()) << model.status().message();
      EXPECT_EQ(hidden(*model), want);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(packed_files().size(), 1u);
}

std::string packed_digest(const models::Encoder& model) {
  std::string all;
  for (int i = 0; i < model.weights.n_sections(); ++i) {
    const std::span<const std::byte> bytes = model.weights.section(i);
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return sha256_hex(std::as_bytes(std::span(all)));
}

// Changed packed bytes under an old version would be taken for good: raise kNumericsVersion, then
// write down the new digests.
TEST_F(PackedEncoderTest, packed_bytes_are_those_of_this_numerics_version) {
  EXPECT_EQ(kernels::kNumericsVersion, 6u);
  EXPECT_EQ(packed_digest(load(fixture("tiny-nli"))).substr(0, 16), "2ad3d7ae0c80311d");
  EXPECT_EQ(packed_digest(load(fixture("tiny-nli"), Precision::kBf16)).substr(0, 16),
            "1ea98232b134f5d0");
}

}  // namespace
}  // namespace quern::engine
