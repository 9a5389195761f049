#include "cli/bench_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {

TEST(bench_report, quantiles_are_values_that_were_measured) {
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({4, 1, 3, 2}, 0.5), 2);
  EXPECT_EQ(quantile({4, 1, 3, 2}, 0.99), 4);
  EXPECT_EQ(quantile({7}, 0.99), 7);
  EXPECT_EQ(quantile({2, 1}, 0), 1);
}

TEST(bench_report, counts_the_operations_of_minilm) {
  // 6 layers, d 384, d_ff 1536: 2 * (4 * 384^2 + 2 * 384 * 1536) * 6 = 21.2 Mop a token.
  formats::EncoderConfig config;
  config.n_layers = 6;
  config.d_model = 384;
  config.d_ff = 1536;
  const int lengths[] = {100};
  EXPECT_EQ(bert_ops(config, lengths), 100 * (21233664.0 + 6 * 4 * 100 * 384));
  EXPECT_EQ(bert_ops(config, {}), 0);
}

TEST(bench_report, json_and_table_show_the_middle_run) {
  BenchReport report;
  report.model = "m \"x\"";
  report.precision = "f32";
  report.isa = "avx2";
  report.n_threads = 2;
  report.n_texts = 100;
  report.n_tokens = 20000;
  report.seconds = {4, 1, 2};
  report.single_ms = {5, 4, 6};
  report.rss_bytes = 150u << 20;
  report.peak_rss_bytes = 160u << 20;
  report.n_ops = 200e9;
  report.peak_gops = 200;
  const auto json = nlohmann::json::parse(json_of(report));
  EXPECT_EQ(json["model"], "m \"x\"");
  EXPECT_EQ(json["texts_per_s"], 50);
  EXPECT_EQ(json["tokens_per_s"], 10000);
  EXPECT_EQ(json["spread"], 1.5);
  EXPECT_EQ(json["p50_ms"], 5);
  EXPECT_EQ(json["p99_ms"], 6);
  EXPECT_EQ(json["rss_mb"], 150);
  EXPECT_EQ(json["gops"], 100);
  EXPECT_EQ(json["peak_share"], 0.5);
  EXPECT_NE(table_of(report).find("50.0 texts/s, 10,000 tokens/s"), std::string::npos);
}

}  // namespace quern::cli
