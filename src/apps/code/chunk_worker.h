// The worker process of a Chunker: reads requests from its standard input, answers on its standard
// output, and ends with its input. The only place where grammars are loaded.

#pragma once

#include <string>
#include <string_view>

namespace quern::apps {

/// The name of the program's hidden command.
constexpr std::string_view kChunkWorkerCommand = "chunk-worker";

/// Never returns before its input ends. The exit code: 0, or 1 for an input that is none of a
/// Chunker's, or where nobody reads the answers.
int run_chunk_worker(const std::string& grammars_folder);

}  // namespace quern::apps
