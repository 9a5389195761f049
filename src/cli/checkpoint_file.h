// Where the checkpoint of a run lies beside its output, and how it is written: whole, or as it was.

#pragma once

#include <string>

#include "base/checksum.h"
#include "base/status.h"
#include "cli/checkpoint.h"

namespace quern::cli {

/// Where the checkpoint and the unfinished bytes of an output lie.
std::string checkpoint_path(const std::string& out);
std::string unfinished_path(const std::string& out);

/// Under one name, which a killed run leaves to the next. Errors: kIo.
Status write_checkpoint(const std::string& out, const Checkpoint& checkpoint);
/// Errors: kNotFound, kIo; as parse_checkpoint.
Result<Checkpoint> read_checkpoint(const std::string& out);
void remove_checkpoint(const std::string& out);

/// With its length, so that no two rows of texts are summed up alike.
void add_field(const std::string& text, Checksum64& sum);

}  // namespace quern::cli
