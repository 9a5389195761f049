#include "apps/code/chunk_worker.h"

#include <cerrno>
#include <csignal>
#include <new>
#include <string>

#include <malloc.h>
#include <unistd.h>

#include "apps/code/chunk_wire.h"
#include "apps/code/syntax_chunks.h"

namespace quern::apps {
namespace {

// Whether all of it came; false at the end of the input.
bool read_all(char* out, std::size_t n_bytes) {
  while (n_bytes > 0) {
    const ssize_t n = ::read(STDIN_FILENO, out, n_bytes);
    if (n == 0 || (n < 0 && errno != EINTR)) return false;
    if (n < 0) continue;
    out += n;
    n_bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A large file's tree is given back to the system; for usual ones that would cost more than it
// saves.
constexpr std::size_t kLargeText = std::size_t{256} << 10;

constexpr int kKeptHeap = 32 << 20;
constexpr int kHeapStep = 1 << 20;

constexpr int kExitBadInput = 2;

bool answer(SyntaxChunker& chunker, const ChunkRequest& request) {
  const std::string reply = encode_reply(
      chunker.chunk(request.language, request.text, request.sizes, request.time_limit));
  const FrameHead head = frame_head(reply.size());
  if (request.text.size() > kLargeText) ::malloc_trim(0);
  // One message, so that the reader wakes up once.
  return write_all(std::string(head.data(), head.size()) + reply);
}

}  // namespace

int run_chunk_worker(const std::string& grammars_folder) {
  // Who is gone is seen by the result of writing.
  ::signal(SIGPIPE, SIG_IGN);
  // From file to file the heap is used again, not given back and asked for.
  ::mallopt(M_TRIM_THRESHOLD, kKeptHeap);
  ::mallopt(M_TOP_PAD, kHeapStep);
  try {
    SyntaxChunker chunker(grammars_folder);
    FrameHead head;
    std::string bytes;
    while (read_all(head.data(), head.size())) {
      const Result<std::size_t> n_bytes = parse_frame_head(head);
      if (!n_bytes.ok()) return kExitBadInput;
      bytes.resize(*n_bytes);
      if (!read_all(bytes.data(), bytes.size())) return 0;
      const Result<ChunkRequest> request = decode_request(bytes);
      if (!request.ok() || !answer(chunker, *request)) return kExitBadInput;
    }
    return 0;
  } catch (const std::bad_alloc&) {
    return kExitNoMemory;
  }
}

}  // namespace quern::apps
