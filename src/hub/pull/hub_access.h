// Where the hub is and how it is spoken to: the variables of Hugging Face's own clients.

#pragma once

#include <chrono>
#include <string>

#include "base/status.h"

namespace quern::hub {

struct HubAccess {
  std::string endpoint = "https://huggingface.co";  // No '/' at its end.
  std::string token = {};                           // "": none.
  bool offline = false;

  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{30};      // Without a byte.
  std::chrono::milliseconds first_wait{1000};  // Before a second attempt; doubled for each further.
  int n_attempts = 6;                          // Without a byte of progress.
  int n_connections = 4;
  std::size_t piece_bytes = std::size_t{1} << 20;  // What a killed pull loses at most, each.
};

/// HF_ENDPOINT; HF_TOKEN, HUGGING_FACE_HUB_TOKEN or the token file ($HF_TOKEN_PATH,
/// $HF_HOME/token, $XDG_CACHE_HOME/huggingface/token, ~/.cache/huggingface/token);
/// HF_HUB_OFFLINE; HF_HUB_DOWNLOAD_TIMEOUT in seconds.
/// Errors: kBadInput naming the variable.
Result<HubAccess> hub_access_from_environment();

}  // namespace quern::hub
