// `quern profile`, `tune` and `stats` on the small models.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kData = QUERN_SOURCE_DIR "/tests/data/";
const std::string kEmbedder = kData + "models/tiny-mean-f32";
const std::string kClassifier = kData + "models/tiny-nli";
const std::string kChatter = kData + "decoders/tiny-chat.gguf";

class profile_program : public ProgramTest {};

}  // namespace

TEST_F(profile_program, stages_of_each_service_are_counted) {
  for (const auto& [model, service, stages] :
       {std::tuple(kEmbedder, "embedding",
                   std::vector{"attention", "pooling", "result cache", "tokenise"}),
        std::tuple(kClassifier, "nli", std::vector{"attention", "feed forward up", "tokenise"}),
        std::tuple(kChatter, "generate", std::vector{"turn", "logits", "sampling"})}) {
    const Ended ended = quern("profile " + model + " --service " + service +
                              " --num-samples 5 --memory-profile --no-trials --json");
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    const json report = json::parse(ended.out);
    for (const char* stage : stages) {
      EXPECT_GT(report["stages"][stage]["count"].get<int>(), 0) << service << " " << stage;
    }
    EXPECT_GT(report["stages"]["forward pass"]["total_s"].get<double>(), 0) << service;
    EXPECT_EQ(report["records_lost"], 0);
    EXPECT_FALSE(report["hot_operations"].empty());
    EXPECT_FALSE(report["memory"].empty());
    EXPECT_TRUE(report["memory_peak_bytes"].contains("process"));
  }
}

TEST_F(profile_program, the_report_is_written_as_files) {
  const Ended ended = quern("profile " + kEmbedder +
                            " --num-samples 8 --no-trials --memory-profile "
                            "--output-dir " +
                            folder_.file("report/here"));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(folder_.read("report/here/profile.txt"), ended.out);
  EXPECT_EQ(json::parse(folder_.read("report/here/profile.json"))["samples"], 8);
  EXPECT_TRUE(contains(folder_.read("report/here/flame.svg"), "forward passes"));
  EXPECT_TRUE(contains(folder_.read("report/here/memory.svg"), "</svg>"));
}

TEST_F(profile_program, what_cannot_be_profiled_is_said) {
  EXPECT_EQ(quern("profile none").exit_code, 3);
  const Ended other = quern("profile " + kEmbedder + " --service generate --no-trials");
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_NE(other.err, "");
  EXPECT_EQ(quern("profile " + kEmbedder + " --service images").exit_code, 2);
}

TEST_F(profile_program, what_tune_writes_is_what_serve_reads) {
  const std::string out = folder_.file("tuned.json");
  const Ended ended =
      quern("tune " + kEmbedder + " --num-samples 4 --min-batch 64 --max-batch 64 --out " + out);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "chosen: ")) << ended.out;
  const json tuning = json::parse(folder_.read("tuned.json"));
  EXPECT_FALSE(tuning["reasons"].empty());
  const std::string serve = QUERN_PROGRAM " serve --port 0 --tuned " + out;
  EXPECT_TRUE(contains(shell("timeout -s INT 2 " + serve).out, "listening"));
  folder_.write("tuned.json", "{}");
  const Ended refused = quern("serve --port 0 --tuned " + out);
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_TRUE(contains(refused.err, "tuned.json")) << refused.err;
  EXPECT_EQ(quern("tune " + kEmbedder + " --min-batch 9 --max-batch 8").exit_code, 4);
}

TEST_F(profile_program, stats_of_a_running_server_are_shown) {
  const Ended ended = shell(R"(cd )" + folder_.file("") + R"(
    )" QUERN_PROGRAM R"( serve --port 0 --model )" +
                            kEmbedder + R"( > log & pid=$!
    for i in $(seq 200); do grep -q listening log && break; sleep 0.05; done
    url=$(sed -n 's/^server listening on //p' log)
    )" QUERN_PROGRAM R"( stats --server $url && )" QUERN_PROGRAM R"( stats --server $url/ --json
    kill $pid; wait $pid)");
  EXPECT_TRUE(contains(ended.out, "encoders")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "weights/")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "\"endpoints\"")) << ended.out;
  EXPECT_EQ(quern("stats --server http://127.0.0.1:1").exit_code, 7);
}

}  // namespace quern::cli
