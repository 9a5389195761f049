// Fetches files of a repository into a folder, over a few connections at once: large files in
// ranges, each piece recorded as it comes, each file checked against its digest before it counts.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "hub/manifest.h"
#include "hub/pull/hub_client.h"
#include "hub/pull/listing.h"

namespace quern::hub {

/// Where files are gathered: whole ones under whole/, others under part/. Both keep the names of
/// the repository.
struct DownloadFolder {
  std::string path;

  std::string whole() const { return path + "/whole"; }
  std::string part() const { return path + "/part"; }
};

struct DownloadProgress {
  std::uint64_t n_bytes = 0;      // Of all files that are there.
  std::uint64_t n_bytes_all = 0;  // What all files have.
  std::uint64_t n_fetched = 0;    // In this run.
};

struct Download {
  HubAccess access;
  PullReference reference;
  std::string commit;
  DownloadFolder folder;
  HubWatch watch;
  std::function<void(const DownloadProgress&)> on_progress = {};  // On the caller's thread.
};

/// Bytes of `files` that are not there yet; what is there was checked.
/// Errors: kIo.
Result<std::uint64_t> n_bytes_missing(const Download& download,
                                      const std::vector<ListedFile>& files);

/// Fetches what is missing of `files` (sizes known), and says what each is. The result is whole or
/// an error; what was fetched stays for the next time. Errors: as HubClient's; kIo (disk full,
/// ...); kBadInput for a file whose content is not what the
///   hub lists, twice; kCancelled.
Result<std::vector<ManifestFile>> download_files(const Download& download,
                                                 const std::vector<ListedFile>& files);

}  // namespace quern::hub
