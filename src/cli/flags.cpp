#include "cli/flags.h"

#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "engine/load/precision_choice.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int kMaxSequences = 1024;
constexpr int kMaxBatchTokens = 1 << 20;

// For CLI11: "" if the text can be read, else what is wrong.
std::string memory_problem(const std::string& text) {
  const Result<std::size_t> bytes = parse_bytes(text);
  return bytes.ok() ? "" : bytes.status().message();
}

std::string precision_problem(const std::string& text) {
  const auto precision = engine::parse_precision_wish(text);
  return precision.ok() ? "" : precision.status().message();
}

// Rooms below read these in the environment when they are first used.
void export_variable(const char* name, const std::string& value) {
  ::setenv(name, value.c_str(), /*overwrite=*/1);
}

std::string isa_problem(const std::string& name) {
  export_variable("QUERN_ISA", name);
  const Status status = kernels::check_isa_override();
  return status.message();
}

}  // namespace

std::string empty_problem(const std::string& value) { return value.empty() ? "is empty" : ""; }

void add_engine_flags(CLI::App& command, EngineFlags& flags) {
  command
      .add_option("--memory", flags.memory,
                  "Most memory this process may use, e.g. 1GB; also $QUERN_MEMORY\n"
                  "(default: 0.8 of the machine's or container's)")
      ->type_name("BYTES")
      ->check(memory_problem)
      ->group("Engine");
  command
      .add_flag(
          "--stream", flags.stream,
          "Reads a model's weights anew for each pass, layer by layer, and\nkeeps none of them "
          "(default: where a model does not fit into\nthe memory; then what fits is kept)")
      ->group("Engine");
  command
      .add_option("--threads", flags.n_threads,
                  "Threads to compute with; also $QUERN_THREADS\n"
                  "(default: every processor this process may use)")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxThreads))
      ->group("Engine");
}

void add_precision_flag(CLI::App& command, EngineFlags& flags) {
  command
      .add_option("--precision", flags.precision,
                  "Of an encoder's arithmetic: f32, bf16, int8, or auto, the\nfastest one that is "
                  "faithful for the model (default)")
      ->type_name("NAME")
      ->check(precision_problem)
      ->group("Engine");
}

void add_batch_flag(CLI::App& command, EngineFlags& flags) {
  command
      .add_option("--batch-tokens", flags.batch_tokens,
                  "Most tokens that an encoder works on at once; a longer text goes\n"
                  "alone (default: as many as this machine is fast with)")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxBatchTokens))
      ->group("Engine");
}

void add_workload_flags(CLI::App& command, std::string& service, int& n_samples) {
  command
      .add_option("--service", service,
                  "embedding, nli (pairs of texts) or generate (default: the model's)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"embedding", "nli", "generate"}));
  command
      .add_option("--num-samples", n_samples,
                  fmt::format("Texts, pairs or answers (default: {})", n_samples))
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
}

void add_kv_flag(CLI::App& command, EngineFlags& flags) {
  command
      .add_option("--kv", flags.kv_type,
                  "How keys and values of earlier tokens are kept: f16 (default),\nq8_0 (half the "
                  "memory) or f32")
      ->type_name("TYPE")
      ->check(CLI::IsMember({"f16", "q8_0", "f32"}))
      ->group("Engine");
}

void add_sequences_flag(CLI::App& command, EngineFlags& flags) {
  command
      .add_option("--max-sequences", flags.max_sequences,
                  "Texts that one model generates at once; more wait (default: 16)")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxSequences))
      ->group("Engine");
}

void add_process_flags(CLI::App& app) {
  app.add_option("--home",
                 "Where models lie\n(default: $XDG_DATA_HOME/quern, else ~/.local/share/quern)")
      ->type_name("FOLDER")
      ->each([](const std::string& value) { export_variable("QUERN_HOME", value); })
      ->group("Process");
  app.add_option("--isa",
                 "Instruction set to compute with, one of 'quern version --isas'\n"
                 "(default: the fastest)")
      ->type_name("NAME")
      ->check(isa_problem)
      ->group("Process");
  app.add_option("--log", "What is logged: debug, info, warn, error or off (default: warn)")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->each([](const std::string& value) { export_variable("QUERN_LOG", value); })
      ->group("Process");
  app.add_option("--packed", "off: packed weights are not kept between runs (default: on)")
      ->type_name("ON/OFF")
      ->check(CLI::IsMember({"on", "off", "1", "0", "yes", "no"}))
      ->each([](const std::string& value) { export_variable("QUERN_PACKED", value); })
      ->group("Process");
  app.add_option("--packed-quota", "Most bytes of packed weights that are kept")
      ->type_name("BYTES")
      ->check(memory_problem)
      ->each([](const std::string& value) { export_variable("QUERN_PACKED_QUOTA", value); })
      ->group("Process");
}

void add_config_flags(CLI::App& app) {
  app.add_option("--config",
                 "The configuration file\n(default: $XDG_CONFIG_HOME/quern/config.toml, "
                 "else ~/.config/...)")
      ->type_name("FILE")
      ->check(empty_problem)
      ->group("Configuration");
  app.add_option("--preset", "A named set of options: default, fast, small, or one of the file's")
      ->type_name("NAME")
      ->group("Configuration");
}

Result<engine::EngineOptions> engine_options(const EngineFlags& flags) {
  engine::EngineOptions options;
  if (!flags.memory.empty()) {
    QUERN_ASSIGN(options.memory_bytes, parse_bytes(flags.memory).in("--memory"));
  }
  options.n_threads = flags.n_threads;
  options.stream = flags.stream;
  if (!flags.precision.empty()) options.precision = flags.precision;
  options.batch_tokens = flags.batch_tokens;
  if (!flags.kv_type.empty()) options.kv_type = flags.kv_type;
  if (flags.max_sequences > 0) options.max_sequences = flags.max_sequences;
  options.pooling = flags.pooling;
  return options;
}

}  // namespace quern::cli
