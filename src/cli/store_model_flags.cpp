#include "cli/store_model_flags.h"

#include <CLI/CLI.hpp>

namespace quern::cli {

void add_store_model_flags(CLI::App& command, StoreModelFlags& flags) {
  command
      .add_option("--model", flags.model, "The model that makes vectors: installed name or path")
      ->type_name("MODEL");
  command
      .add_option("--metric", flags.metric, "How vectors are compared: cosine (default), dot or l2")
      ->type_name("NAME")
      ->check(CLI::IsMember({"cosine", "dot", "l2"}));
  command
      .add_option("--dimensions", flags.dimensions,
                  "Keep so many numbers of each vector (default: as the model says)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--text-prompt", flags.text_prompt,
                  "What is put before each text (default: the model's own)")
      ->type_name("TEXT");
  command
      .add_option("--query-prompt", flags.query_prompt,
                  "What is put before each question (default: the model's own)")
      ->type_name("TEXT");
  add_long_texts_flag(command, flags.long_texts);
}

void add_long_texts_flag(CLI::App& command, std::string& how) {
  command
      .add_option(
          "--long-texts", how,
          "What becomes of texts that are longer than the model takes. mean: they\nhave the "
          "mean of several windows (default); cut: of what it takes")
      ->type_name("HOW")
      ->check(CLI::IsMember({"mean", "cut"}));
}

Result<apps::EmbedderWish> embedder_wish(const StoreModelFlags& flags) {
  apps::EmbedderWish wish = {.model = flags.model,
                             .dimensions = flags.dimensions,
                             .text_prompt = flags.text_prompt,
                             .query_prompt = flags.query_prompt};
  if (!flags.metric.empty()) {
    QUERN_ASSIGN(wish.metric, store::metric_from_name(flags.metric).in("--metric"));
  }
  if (!flags.long_texts.empty()) {
    QUERN_ASSIGN(wish.long_texts, store::long_texts_from_name(flags.long_texts).in("--long-texts"));
  }
  return wish;
}

}  // namespace quern::cli
