#include "hub/manifest.h"

#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/mapped_file.h"
#include "formats/json_object.h"

namespace quern::hub {
namespace {

constexpr int kFormat = 1;
constexpr double kMaxFileBytes = 1e15;

Result<ManifestFile> read_file_entry(const nlohmann::json& item, const std::string& label) {
  if (!item.is_object()) return {Code::kBadInput, label + ": not an object"};
  const formats::JsonObject entry(item, label);
  ManifestFile file;
  QUERN_ASSIGN(file.path, entry.string("path"));
  QUERN_ASSIGN(file.sha256, entry.string("sha256"));
  QUERN_ASSIGN(const double n_bytes, entry.number_or("bytes", 0, kMaxFileBytes, 0));
  file.n_bytes = static_cast<std::uint64_t>(n_bytes);
  if (file.path.empty() || file.path.front() == '/' || file.path.find("..") != std::string::npos) {
    return entry.wrong("path", "a file inside the model's folder");
  }
  return file;
}

}  // namespace

Result<Manifest> read_manifest(const std::string& folder) {
  QUERN_ASSIGN(const formats::JsonObject json, formats::JsonObject::read(folder, kManifestFile));
  QUERN_ASSIGN([[maybe_unused]] const int format, json.integer("format", kFormat, kFormat));
  Manifest manifest;
  QUERN_ASSIGN(manifest.name, json.string("name"));
  QUERN_ASSIGN(manifest.hub_name, json.string_or("hub_name", ""));
  QUERN_ASSIGN(manifest.commit, json.string_or("commit", ""));
  QUERN_ASSIGN(manifest.installed, json.string_or("installed", ""));
  QUERN_ASSIGN(manifest.base, json.string_or("base", ""));
  if (!json.at("files").is_array()) return json.wrong("files", "an array");
  for (const nlohmann::json& item : json.at("files")) {
    const std::string label = fmt::format("{}: file {}", kManifestFile, manifest.files.size());
    QUERN_ASSIGN(ManifestFile file, read_file_entry(item, label));
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

Status write_manifest(const std::string& folder, const Manifest& manifest) {
  nlohmann::ordered_json json = {{"format", kFormat},
                                 {"name", manifest.name},
                                 {"hub_name", manifest.hub_name},
                                 {"commit", manifest.commit},
                                 {"installed", manifest.installed}};
  if (!manifest.base.empty()) json["base"] = manifest.base;
  json["files"] = nlohmann::ordered_json::array();
  for (const ManifestFile& file : manifest.files) {
    json["files"].push_back(
        {{"path", file.path}, {"bytes", file.n_bytes}, {"sha256", file.sha256}});
  }
  const std::string text =
      json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return write_file_atomically(folder + "/" + kManifestFile, text + "\n");
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace quern::hub
