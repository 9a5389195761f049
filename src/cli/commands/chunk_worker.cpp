// quern chunk-worker FOLDER: the parser's process of 'quern code', started by the program itself.
// Hidden: it is no command of anybody else, and what it says is no text (apps/code/chunk_wire.h).

#include "apps/code/chunk_worker.h"

#include "cli/chunk_worker_command.h"

namespace quern::cli {

std::optional<int> run_as_chunk_worker(int argc, const char* const* argv) {
  if (argc != 3 || argv[1] != apps::kChunkWorkerCommand) return std::nullopt;
  return apps::run_chunk_worker(argv[2]);
}

}  // namespace quern::cli
