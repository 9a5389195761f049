#include "cli/flags.h"

#include <charconv>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "base/byte_ledger.h"
#include "engine/load/precision_choice.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int kMaxSequences = 1024;

/// A value and where it came from, for messages.
struct Setting {
  std::string source;
  std::string value;
};

Setting first_of(const std::string& flag, const std::string& flag_value,
                 std::initializer_list<const char*> variables) {
  if (!flag_value.empty()) return {flag, flag_value};
  for (const char* name : variables) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return {name, value};
  }
  return {};
}

Result<int> parse_threads(const Setting& setting) {
  const std::string& text = setting.value;
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n < 1 || n > kMaxThreads) {
    return Status(Code::kBadInput, setting.source + " is '" + text + "', want a number from 1 to " +
                                       std::to_string(kMaxThreads));
  }
  return n;
}

// For CLI11: "" if the text can be read, else what is wrong.
std::string memory_problem(const std::string& text) {
  const Result<std::size_t> bytes = parse_bytes(text);
  return bytes.ok() ? "" : bytes.status().message();
}

std::string precision_problem(const std::string& text) {
  const auto precision = engine::parse_precision_wish(text);
  return precision.ok() ? "" : precision.status().message();
}

Status check_log_level() {
  const Setting level = first_of("", "", {"QUERN_LOG"});
  for (const char* known : {"", "debug", "info", "warn", "error", "off"}) {
    if (level.value == known) return {};
  }
  return {Code::kBadInput,
          "QUERN_LOG is '" + level.value + "', want debug, info, warn, error or off"};
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

Result<engine::EngineOptions> engine_options(const EngineFlags& flags) {
  engine::EngineOptions options;
  const Setting memory =
      first_of("--memory", flags.memory, {"QUERN_MEMORY", "TURBOPROP_MAX_MEMORY"});
  if (!memory.value.empty()) {
    QUERN_ASSIGN(options.memory_bytes, parse_bytes(memory.value).in(memory.source));
  }
  const std::string n_threads = flags.n_threads > 0 ? std::to_string(flags.n_threads) : "";
  const Setting threads = first_of("--threads", n_threads, {"QUERN_THREADS"});
  if (!threads.value.empty()) {
    QUERN_ASSIGN(options.n_threads, parse_threads(threads));
  }
  if (!flags.precision.empty()) options.precision = flags.precision;
  if (!flags.kv_type.empty()) options.kv_type = flags.kv_type;
  if (flags.max_sequences > 0) options.max_sequences = flags.max_sequences;
  options.pooling = flags.pooling;
  return options;
}

Status check_environment() {
  QUERN_TRY(engine_options({}).status());
  QUERN_TRY(kernels::check_isa_override());
  return check_log_level();
}

}  // namespace quern::cli
