// What `quern pull` is asked for: NAME or [hf:]ORG/REPO, then [@REVISION] and [:FILE].

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::hub {

struct PullReference {
  std::string repo;               // "BAAI/bge-small-en-v1.5"
  std::string revision = "main";  // A branch, a tag or a commit.
  std::string file;               // A .gguf file, or a part of one's name: "Q4_K_M". "": none.
};

/// Takes known names (known_models.h), "ORG/REPO", "hf:ORG/REPO", "hf:REPO" and addresses of
/// huggingface.co as a browser shows them.
/// Errors: kNotFound for an unknown name, with the nearest; kBadInput for what is no reference.
Result<PullReference> parse_pull_reference(std::string_view text);

}  // namespace quern::hub
