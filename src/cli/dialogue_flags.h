// Flags that several commands about dialogues have.

#pragma once

#include <string>

#include "apps/dialogue/dialogue_table.h"
#include "cli/flags.h"
#include "cli/store_vectors.h"

namespace CLI {
class App;
}

namespace quern::cli {

inline constexpr const char* kDialogueModel = "all-MiniLM-L6-v2";  // Where none is named.

/// A file that has to be named.
void add_dialogue_file_flag(CLI::App& command, const char* name, std::string& path,
                            const char* what);

/// --model, of what is trained.
void add_dialogue_model_flag(CLI::App& command, std::string& model);

/// --units
void add_units_flag(CLI::App& command, int& n_units, const char* what);

/// Those of the LSM predictor, whose words some scripts still say; docs/dialogue_api.md.
struct OriginFlags {
  int batch_size = 32;     // --batch-size
  bool is_lazy = false;    // --lazy-load: it always is.
  bool is_legacy = false;  // --legacy-mode: nothing is kept.
};

/// What --batch-size does in this command.
void add_origin_flags(CLI::App& command, OriginFlags& flags, const char* batch_size);

/// --candidates
void add_candidates_flag(CLI::App& command, apps::TableAsk& ask);

/// --quiet, --vector-log and those of the engine.
void add_dialogue_embed_flags(CLI::App& command, bool& quiet, VectorLogFlags& log,
                              EngineFlags& engine);

}  // namespace quern::cli
