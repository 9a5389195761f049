// Fetches a model from the hub and installs it. What was fetched of one that is not complete lies
// in home/pulls, and the next pull of it goes on from there:
//   pulls/ORG--REPO[--FILE].lock            held (flock) by the one that fetches it
//   pulls/ORG--REPO[--FILE]@COMMIT/whole/   files that are there and were checked
//   pulls/ORG--REPO[--FILE]@COMMIT/part/    others (partial_file.h)

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"
#include "hub/hub.h"
#include "hub/pull/download.h"
#include "hub/pull/hub_access.h"
#include "hub/pull/hub_client.h"
#include "hub/pull/pull_reference.h"

namespace quern::hub {

struct PullRequest {
  PullReference reference;
  std::string name;  // Its name here; "": the repository's, of a .gguf file the file's.
  HubAccess access;
  HubWatch watch = {};
  std::function<void(const DownloadProgress&)> on_progress = {};  // On the caller's thread.
};

struct Pulled {
  InstalledModel model;
  std::string commit;
  bool was_there = false;       // Nothing was to be done.
  std::uint64_t n_fetched = 0;  // Bytes.
};

/// Waits while another process pulls the same. A model that this program cannot run is refused
/// before its weights are fetched. Either the whole model is installed in one step, or what was
/// there stays. Errors: as HubClient's, choose_files', download_files' and Hub::install's; kIo
/// where the disk has
///   no room, before anything is fetched; kBadInput for a name that another model has;
///   kUnavailable offline.
Result<Pulled> pull(const Hub& hub, const PullRequest& request);

}  // namespace quern::hub
