// What a repository holds at one commit, as the hub lists it.
//   GET /api/models/ORG/REPO/revision/REV?blobs=true
//   {"sha": "<commit>", "siblings": [{"rfilename": "config.json", "size": 612, "blobId": "<git's
//    sha1>"}, {"rfilename": "model.safetensors", ..., "lfs": {"sha256": "...", "size": 90868376}}]}

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "hub/pull/hub_client.h"

namespace quern::hub {

struct ListedFile {
  std::string path;  // With '/'; leads nowhere out of the repository.
  std::optional<std::uint64_t> n_bytes = {};
  // One of them mostly; mirrors may know neither. Lower-case hex, "": not known.
  std::string sha256 = {};    // Of the content.
  std::string git_sha1 = {};  // Of "blob <n_bytes>\0" and the content.
};

struct Listing {
  std::string commit;
  std::vector<ListedFile> files;
};

/// Errors: kBadInput, also for a name that would lead out of a folder.
Result<Listing> parse_listing(std::string_view json);

Result<Listing> fetch_listing(HubClient& client);

/// Asks for the sizes and digests that the listing lacks. Errors: kBadInput where even the file's
/// own headers do not say how long it is.
Status complete_file(HubClient& client, const std::string& commit, ListedFile& file);

}  // namespace quern::hub
