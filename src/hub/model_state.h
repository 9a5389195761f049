// The files of a model at one moment, told apart by what the system says of them rather than by
// their content: a model that was replaced under its name is known as another one without reading.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "base/status.h"

namespace quern::hub {

/// A .gguf file and, for "m-00001-of-00003.gguf", the parts that follow it.
std::vector<std::string> gguf_parts(const std::string& path);

class ModelState {
 public:
  /// Of a folder, or of a .gguf file and its other parts. Errors: kNotFound, kIo.
  static Result<ModelState> of(const std::string& path);

  /// Are all files as they were, and has none come or gone beside them? Asks the system once for
  /// each; false may also mean that something unimportant changed, and `of` says the same again.
  bool is_current() const;

  /// 32 hex digits that differ between states.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::vector<std::pair<std::string, FileIdentity>> files_;  // By path.
  std::vector<std::pair<std::string, FileIdentity>> folders_;
  std::string fingerprint_;
};

}  // namespace quern::hub
