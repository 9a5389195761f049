// Objects of JSON from a stream that has them one after another, each over as many lines as it
// likes, or in one list: no more than a limit of each is held.

#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>

#include "base/status.h"

namespace quern::apps {

class JsonObjects {
 public:
  /// The stream outlives it.
  JsonObjects(std::istream& in, std::size_t max_bytes) : in_(in), max_bytes_(max_bytes) {}

  struct Object {
    std::string text;         // From its first brace to its last; "" where `status` is not ok.
    std::size_t n_bytes = 0;  // With what stood before it.
    std::size_t n_line = 1;   // Where it begins, from 1.
    Status status = {};  // kTooLarge, or kBadInput for what is no object; both are passed over.
  };

  /// The next object that is in no other; nothing at the end. One without an end is an error of its
  /// own. Errors: kIo.
  Result<std::optional<Object>> next();

 private:
  int get();
  bool skip_to_object(Object& out);
  void take_object(Object& out);

  std::istream& in_;
  const std::size_t max_bytes_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t n_line_ = 1;
  std::size_t n_bytes_ = 0;  // Read so far.
};

}  // namespace quern::apps
