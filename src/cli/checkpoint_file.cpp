#include "cli/checkpoint_file.h"

#include <cstdint>

#include <unistd.h>

#include "base/mapped_file.h"
#include "base/part_file.h"

namespace quern::cli {
namespace {

constexpr std::size_t kMaxCheckpointBytes = 1u << 20;

std::string new_checkpoint_path(const std::string& out) { return checkpoint_path(out) + ".new"; }

}  // namespace

std::string checkpoint_path(const std::string& out) { return out + ".checkpoint"; }
std::string unfinished_path(const std::string& out) { return out + ".unfinished"; }

Status write_checkpoint(const std::string& out, const Checkpoint& checkpoint) {
  QUERN_ASSIGN(PartFile file,
               PartFile::resume(checkpoint_path(out), new_checkpoint_path(out), 0666));
  QUERN_TRY(file.cut(0));
  QUERN_TRY(file.write(checkpoint_text(checkpoint)));
  return file.publish();
}

Result<Checkpoint> read_checkpoint(const std::string& out) {
  QUERN_ASSIGN(const std::string text, read_file(checkpoint_path(out), kMaxCheckpointBytes));
  return parse_checkpoint(text);
}

void remove_checkpoint(const std::string& out) {
  ::unlink(checkpoint_path(out).c_str());
  ::unlink(new_checkpoint_path(out).c_str());
}

void add_field(const std::string& text, Checksum64& sum) {
  const std::uint64_t n = text.size();
  sum.add({reinterpret_cast<const char*>(&n), sizeof n});
  sum.add(text);
}

}  // namespace quern::cli
