#include "serve/mcp/mcp_batch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "serve/mcp/mcp_server.h"

namespace quern::serve {

std::optional<McpError> batch_refusal(const McpInput& input, std::string_view version) {
  if (version != kBatchVersion) {
    return McpError{.code = kInvalidRequest,
                    .message = fmt::format("only clients of {} may send a batch: send one message "
                                           "at a time",
                                           kBatchVersion)};
  }
  if (input.messages.empty()) {
    return McpError{.code = kInvalidRequest, .message = "a batch of no messages"};
  }
  if (input.n_messages > kMaxBatch) {
    return McpError{.code = kInvalidRequest,
                    .message = fmt::format("a batch of {} messages, at most {} are taken",
                                           input.n_messages, kMaxBatch)};
  }
  const auto& all = input.messages;
  if (std::any_of(all.begin(), all.end(), [](const auto& m) { return m.method == "initialize"; })) {
    return McpError{.code = kInvalidRequest, .message = "initialize may not be in a batch"};
  }
  return std::nullopt;
}

McpBatch::McpBatch(const McpInput& input, std::function<void(std::string)> done)
    : done_(std::move(done)) {
  n_open_ = static_cast<std::size_t>(
      std::count_if(input.messages.begin(), input.messages.end(), is_answered));
  if (n_open_ == 0) done_("");
}

void McpBatch::add(std::string json) {
  std::string all;
  {
    const std::lock_guard lock(mutex_);
    if (!json.empty()) answers_ += (answers_.empty() ? "[" : ",") + json;
    if (--n_open_ > 0) return;
    if (!answers_.empty()) all = std::move(answers_) + "]";
  }
  done_(std::move(all));
}

}  // namespace quern::serve
