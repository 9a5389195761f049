// The worker process of a Chunker: reads requests from its standard input, answers on its standard
// output, and ends with its input. The only place where grammars are loaded.

#pragma once

#include <string>
#include <string_view>

namespace quern::apps {

/// The name of the program's hidden command.
constexpr std::string_view kChunkWorkerCommand = "chunk-worker";

/// The exit code of a worker whose memory was not enough. Tree-sitter's own, which ends the
/// process.
constexpr int kExitNoMemory = 1;

/// Returns when its input ends. The exit code: 0; kExitNoMemory; another for an input that is none
/// of a Chunker's, or where nobody reads the answers.
int run_chunk_worker(const std::string& grammars_folder);

}  // namespace quern::apps
