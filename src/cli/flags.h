// What the commands share: flags of the engine, their environment variables, and the registration
// of a command in the command line parser.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/cache_flags.h"
#include "engine/engine.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace quern::cli {

class Settings;

/// Flags that stand for the engine's options; empty or 0 where not given.
struct EngineFlags {
  std::string memory;     // --memory
  int n_threads = 0;      // --threads
  bool stream = false;    // --stream
  std::string precision;  // --precision
  int batch_tokens = 0;   // --batch-tokens
  std::string kv_type;    // --kv
  int max_sequences = 0;  // --max-sequences
  std::string pooling;    // --pooling
  CacheFlags cache;       // --cache-size, ...: of commands that keep results.
};

/// Adds --memory, --stream and --threads to a command.
void add_engine_flags(CLI::App& command, EngineFlags& flags);

/// Adds --precision, which is for encoders: a generator keeps the blocks of its file.
void add_precision_flag(CLI::App& command, EngineFlags& flags);

/// Adds --batch-tokens, which is for encoders.
void add_batch_flag(CLI::App& command, EngineFlags& flags);

/// Adds --service and --num-samples, for commands that measure a made-up workload (workload.h).
void add_workload_flags(CLI::App& command, std::string& service, int& n_samples);

/// Adds --kv, which is for generators.
void add_kv_flag(CLI::App& command, EngineFlags& flags);

/// Adds --max-sequences, for commands that generate several texts at once.
void add_sequences_flag(CLI::App& command, EngineFlags& flags);

/// Adds --home, --isa, --log, --packed and --packed-quota: of the process as a whole, which reads
/// them in its environment. Only for the program itself, before a command's name.
void add_process_flags(CLI::App& app);

/// Adds --config and --preset, which are read before the parser runs (cli/settings.h).
void add_config_flags(CLI::App& app);

/// The engine's options from flags, which the environment and the configuration file fill where
/// they are not given. Errors: kBadInput naming the flag, what it holds and what is wanted.
Result<engine::EngineOptions> engine_options(const EngineFlags& flags);

/// "quern 0.1.0".
std::string version_line();

/// For CLI11: refuses "", which an unset variable in a script becomes, where it means nothing.
std::string empty_problem(const std::string& value);

/// What main() and the commands share.
struct Context {
  EngineFlags engine;  // Given before or after the command's name.
  int exit_code = 0;   // How the command that was called ended.
  // What holds where the command line is silent, and what it says; set before a command runs.
  const Settings* settings = nullptr;
  std::map<std::string, std::string> given = {};
};

// One per command, each in a file of its own: registers the command in the parser.
void add_embed(CLI::App& app, Context& context);
void add_cache(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
void add_claims(CLI::App& app, Context& context);
void add_papers(CLI::App& app, Context& context);
void add_classify(CLI::App& app, Context& context);
void add_chat(CLI::App& app, Context& context);
void add_generate(CLI::App& app, Context& context);
void add_rerank(CLI::App& app, Context& context);
void add_similar(CLI::App& app, Context& context);
void add_tokenize(CLI::App& app, Context& context);
void add_tune(CLI::App& app, Context& context);
void add_models(CLI::App& app, Context& context);
void add_models_info(CLI::App& models, Context& context);  // Under "models".
void add_profile(CLI::App& app, Context& context);
void add_pull(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_bench_generate(CLI::App& bench, Context& context);  // Under "bench".
void add_load(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_ps(CLI::App& app, Context& context);
void add_warm(CLI::App& app, Context& context);
void add_clear(CLI::App& app, Context& context);
void add_stats(CLI::App& app, Context& context);
void add_code(CLI::App& app, Context& context);
void add_code_clean(CLI::App& code, Context& context);    // Under "code".
void add_code_list(CLI::App& code, Context& context);     // Under "code".
void add_code_index(CLI::App& code, Context& context);    // Under "code".
void add_code_mcp(CLI::App& code, Context& context);      // Under "code".
void add_code_search(CLI::App& code, Context& context);   // Under "code".
void add_code_similar(CLI::App& code, Context& context);  // Under "code".
void add_code_status(CLI::App& code, Context& context);   // Under "code".
void add_code_symbols(CLI::App& code, Context& context);  // Under "code".
void add_code_watch(CLI::App& code, Context& context);    // Under "code".
void add_code_why(CLI::App& code, Context& context);      // Under "code".
void add_store(CLI::App& app, Context& context);
void add_store_add(CLI::App& store, Context& context);     // Under "store".
void add_store_embed(CLI::App& store, Context& context);   // Under "store".
void add_store_fit(CLI::App& store, Context& context);     // Under "store".
void add_store_search(CLI::App& store, Context& context);  // Under "store".
void add_store_stats(CLI::App& store, Context& context);   // Under "store".
void add_store_care(CLI::App& store, Context& context);    // Under "store".

/// DIR: a store's folder, or a packed one's file where it is only read.
void add_store_folder(CLI::App& command, std::string& folder);
void add_version(CLI::App& app, Context& context);

}  // namespace quern::cli
