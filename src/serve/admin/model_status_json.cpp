#include "serve/admin/model_status_json.h"

#include <utility>

#include <fmt/format.h>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

void append_loading(std::string& out, const LoadMeter::Progress& progress) {
  fmt::format_to(std::back_inserter(out),
                 R"(,"loading":{{"phase":"{}","done_bytes":{},"total_bytes":{},"seconds":{:.3f}}})",
                 phase_name(progress.phase), progress.done_bytes, progress.total_bytes,
                 progress.seconds);
}

}  // namespace

void append_status(std::string& out, const engine::ModelStatus& status) {
  const auto to = std::back_inserter(out);
  out += R"({"id":)";
  append_json_string(out, status.name);
  fmt::format_to(to, R"(,"loaded":{},"bytes":{},"requests":{},"running":{},"loads":{})",
                 status.loaded, status.bytes, status.n_requests, status.n_running, status.n_loads);
  if (status.n_loads > 0) fmt::format_to(to, R"(,"load_seconds":{:.3f})", status.load_seconds);
  if (status.idle_seconds) fmt::format_to(to, R"(,"idle_seconds":{:.3f})", *status.idle_seconds);
  if (status.expires_seconds) {
    fmt::format_to(to, R"(,"expires_in_seconds":{:.3f})", *status.expires_seconds);
  }
  if (status.loading) append_loading(out, *status.loading);
  if (!status.problem.ok()) {
    out += R"(,"problem":)";
    append_json_string(out, status.problem.message());
    fmt::format_to(to, R"(,"retry_in_seconds":{:.3f})", status.retry_seconds);
  }
  out += '}';
}

std::string statuses_json(const std::vector<engine::ModelStatus>& statuses) {
  std::string out = R"({"object":"list","data":[)";
  bool is_first = true;
  for (const engine::ModelStatus& status : statuses) {
    if (!std::exchange(is_first, false)) out += ',';
    append_status(out, status);
  }
  out += "]}";
  return out;
}

}  // namespace quern::serve
