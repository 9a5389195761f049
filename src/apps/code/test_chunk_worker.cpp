// A worker for tests: a Chunker's own, but with languages that it fails at in a way of their own.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include <unistd.h>

#include "apps/code/chunk_wire.h"
#include "apps/code/chunk_worker.h"

namespace {

using namespace quern::apps;

// Appends a line to the file that the test named, so that it can count.
void note(const char* what) {
  if (const char* const file = std::getenv("QUERN_TEST_WORKER_LOG")) {
    std::ofstream(file, std::ios::app) << what << "\n";
  }
}

bool read(char* out, std::size_t n) {
  return static_cast<bool>(std::cin.read(out, static_cast<std::streamsize>(n)));
}

// Whether what malloc gives is zero though it was written to before.
bool is_heap_zero() {
  for (const std::size_t n : {8, 24, 100, 2000}) {
    for (int round = 0; round < 3; ++round) {
      auto* const volatile bytes = static_cast<unsigned char*>(std::malloc(n));
      for (std::size_t i = 0; i < n; ++i) {
        if (bytes[i] != 0) return false;
        bytes[i] = 3;
      }
      std::free(bytes);
    }
  }
  return true;
}

// What a worker of a broken grammar does, by the text that it is asked about.
int fail_in_order() {
  note("start");
  FrameHead head;
  std::string bytes;
  while (read(head.data(), head.size())) {
    bytes.resize(*parse_frame_head(head));
    if (!read(bytes.data(), bytes.size())) return 0;
    const std::string_view text = decode_request(bytes)->text;
    note("request");
    std::string reply;
    if (text == "crash") std::abort();
    if (text == "leave") return 3;
    if (text == "hang") ::sleep(1000);
    if (text == "memory") {
      std::string all;
      while (true) all.append(std::size_t{1} << 20, 'x');
    }
    if (text == "nonsense") {
      std::cout << "What frame is this?" << std::flush;
      ::sleep(1000);
    }
    if (text == "heap") {
      ChunkedCode code;
      code.chunks = {{.span = {.begin = 0, .end = 4}, .symbol = is_heap_zero() ? "zero" : "dirty"}};
      reply = encode_reply(code);
    } else if (text == "other text") {
      ChunkedCode code;
      code.chunks = {{.span = {.begin = 0, .end = 3}, .symbol = "x"}};
      reply = encode_reply(code);
    } else {
      ChunkedCode code;
      code.chunks = {{.span = {.begin = 0, .end = text.size()}, .symbol = "whole"}};
      reply = encode_reply(code);
    }
    const FrameHead out = frame_head(reply.size());
    std::cout.write(out.data(), out.size());
    std::cout << reply << std::flush;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "fail") return fail_in_order();
  return argc == 2 ? run_chunk_worker(argv[1]) : 2;
}
