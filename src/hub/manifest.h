// quern.json: what was installed, when, and the digest of each file. Lies in the model's folder.
//   {"format": 1, "name": "m", "hub_name": "org/m", "commit": "3f2a...",
//    "installed": "2026-01-31T12:00:00Z", "base": "other", "files": [{"path": "config.json",
//    "bytes": 612, "sha256":
//    "..."}, ...]}

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace quern::hub {

inline constexpr const char* kManifestFile = "quern.json";

struct ManifestFile {
  std::string path;  // Relative to the model's folder, with '/'.
  std::uint64_t n_bytes = 0;
  std::string sha256;
};

struct Manifest {
  std::string name;
  std::string hub_name;
  std::string commit = {};  // Of the hub's repository, "" if it did not come from there.
  std::string installed;    // UTC, ISO 8601.
  std::string base = {};  // Of a model made of another and an adapter: that other, as it was given.
  std::vector<ManifestFile> files;
};

/// Errors: kNotFound, kIo, kBadInput (a field, or a path that leads out of the folder).
Result<Manifest> read_manifest(const std::string& folder);

Status write_manifest(const std::string& folder, const Manifest& manifest);

/// The time now as "2026-01-31T12:00:00Z".
std::string utc_now();

}  // namespace quern::hub
