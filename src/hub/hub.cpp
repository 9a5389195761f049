#include "hub/hub.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/byte_ledger.h"
#include "base/edit_distance.h"
#include "base/sha256.h"
#include "formats/decoder_model.h"
#include "formats/model_folder.h"
#include "formats/model_kind.h"
#include "formats/safetensors.h"
#include "hub/known_models.h"
#include "hub/manifest.h"
#include "hub/model_digest.h"
#include "hub/model_files.h"
#include "hub/packed_cache.h"
#include "hub/workshop.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameBytes = 128;

bool same_but_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&lower](char x, char y) { return lower(x) == lower(y); });
}

bool is_gguf_file(const std::string& path) {
  std::error_code error;
  return path.ends_with(".gguf") && fs::is_regular_file(path, error);
}

Status check_name(std::string_view name) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' &&
      std::all_of(name.begin(), name.end(), fits)) {
    return {};
  }
  return {Code::kBadInput,
          fmt::format("model name '{}', want 1 to {} letters, digits, '-', '_' and '.', and no "
                      "'.' in front",
                      name, kMaxNameBytes)};
}

/// The element type that most bytes of the weights have, by its name.
template <typename Tensors, typename NameOf>
std::string main_type(const Tensors& tensors, NameOf name_of) {
  std::map<std::string, std::size_t> n_bytes;
  for (const auto& [name, tensor] : tensors) n_bytes[name_of(tensor)] += tensor.bytes.size();
  const auto most = std::max_element(n_bytes.begin(), n_bytes.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  return most == n_bytes.end() ? "" : most->first;
}

/// Numbers in all tensors that have any; shapes were checked against the bytes when they were read.
template <typename Tensors>
std::int64_t count_parameters(const Tensors& tensors) {
  std::int64_t n_parameters = 0;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.bytes.empty()) continue;
    std::int64_t n = 1;
    for (const std::int64_t extent : tensor.shape) n *= extent;
    n_parameters += n;
  }
  return n_parameters;
}

Status describe_weights(const std::string& path, formats::WeightFiles kind, InstalledModel& out) {
  if (kind == formats::WeightFiles::kGguf) {
    QUERN_ASSIGN(const formats::GgufFile file, formats::GgufFile::open(path));
    if (file.tensors().empty()) {
      return {Code::kBadInput, fmt::format("'{}' is a vocabulary without weights", path)};
    }
    out.n_parameters = count_parameters(file.tensors());
    out.dtype =
        main_type(file.tensors(), [](const auto& t) { return block_layout(t.format).name; });
    return {};
  }
  QUERN_ASSIGN(const formats::TensorFiles files, formats::TensorFiles::open(path));
  out.n_parameters = count_parameters(files.all());
  out.dtype = main_type(files.all(), [](const auto& t) { return dtype_name(t.dtype); });
  return {};
}

Status describe_encoder(const std::string& folder, InstalledModel& out) {
  QUERN_ASSIGN(const formats::ModelFolder model, formats::read_model_folder(folder));
  const formats::OutputKind output = model.head.output;
  out.family = model.config.family;
  out.task = formats::task_name(output == formats::OutputKind::kLogits ? formats::Task::kClassify
                                : output == formats::OutputKind::kTags ? formats::Task::kTag
                                                                       : formats::Task::kEmbed);
  out.dims = model.head.truncate_to > 0 ? model.head.truncate_to : model.head.n_values;
  out.n_positions = model.max_tokens;
  return describe_weights(model.path, model.weights, out);
}

Status describe_decoder(const std::string& path, InstalledModel& out) {
  QUERN_ASSIGN(const formats::DecoderModel model, formats::read_decoder(path));
  out.family = formats::decoder_family_name(model.config.family);
  out.task = formats::task_name(formats::Task::kGenerate);
  out.dims = model.config.d_model;
  out.n_positions = model.config.n_positions;
  return describe_weights(model.path, model.weights, out);
}

Status describe(const std::string& path, InstalledModel& out) {
  QUERN_ASSIGN(const formats::ModelKind kind, formats::model_kind(path));
  return kind == formats::ModelKind::kEncoder ? describe_encoder(path, out)
                                              : describe_decoder(path, out);
}

Status check_sizes(const std::string& folder, const Manifest& manifest) {
  for (const ManifestFile& file : manifest.files) {
    std::error_code error;
    const std::uintmax_t n_bytes = fs::file_size(fs::path(folder) / file.path, error);
    if (error) return {Code::kBadInput, fmt::format("file '{}' is missing", file.path)};
    if (n_bytes != file.n_bytes) {
      return {Code::kBadInput,
              fmt::format("file '{}' has {} bytes, want {}", file.path, n_bytes, file.n_bytes)};
    }
  }
  return {};
}

std::size_t folder_bytes(const std::string& folder) {
  const Result<std::vector<ModelFile>> files = list_model_files(folder);
  std::size_t n = 0;
  if (files.ok()) {
    for (const ModelFile& file : *files) n += file.n_bytes;
  }
  return n;
}

InstalledModel read_installed(const std::string& name, const std::string& folder) {
  InstalledModel out;
  out.name = name;
  out.path = folder;
  out.bytes = folder_bytes(folder);
  // A folder that a user put there by hand has no manifest, and is a model all the same.
  const Result<Manifest> manifest = read_manifest(folder);
  Status status;
  if (manifest.ok()) {
    out.hub_name = manifest->hub_name;
    status = check_sizes(folder, *manifest);
  } else if (manifest.status().code() != Code::kNotFound) {
    status = manifest.status();
  }
  if (status.ok()) status = describe(folder, out);
  out.problem = status.message();
  return out;
}

Status check_space(const std::string& folder, const std::vector<ModelFile>& files) {
  std::size_t need = 0;
  for (const ModelFile& file : files) need += file.n_bytes;
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= need) return {};
  return {Code::kIo, fmt::format("the model takes {}, the disk of '{}' has {} free",
                                 human_bytes(need), folder, human_bytes(space.available))};
}

/// A model whose files cannot be read leaves its packed weights to the quota.
void forget_packed_weights(const std::string& home, const std::string& folder) {
  const Result<formats::TensorFiles> files = formats::TensorFiles::open(folder);
  if (!files.ok()) return;
  const Result<std::string> digest = model_digest(home, folder, *files);
  if (digest.ok()) PackedCache(home).clear(*digest);
}

}  // namespace

Result<InstalledModel> describe_model(const std::string& path) {
  InstalledModel out;
  QUERN_TRY(describe(path, out));
  out.path = path;
  return out;
}

Status check_model_facts(const std::string& folder) {
  QUERN_ASSIGN(const formats::ModelKind kind, formats::model_kind(folder));
  if (kind == formats::ModelKind::kEncoder) {
    QUERN_TRY(formats::read_model_folder(folder).status());
  } else {
    QUERN_TRY(formats::read_decoder(folder).status());
  }
  return formats::read_tokenizer(folder).status();
}

Result<std::vector<std::string>> Hub::names() const {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator at(models(), error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::string name = at->path().filename().string();
    std::error_code unreadable;
    if (name.front() != '.' && at->is_directory(unreadable)) names.push_back(std::move(name));
  }
  if (error) {
    return {Code::kIo, fmt::format("cannot list '{}': {}", models(), error.message())};
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<InstalledModel>> Hub::list() const {
  QUERN_ASSIGN(const std::vector<std::string> all, names());
  std::vector<InstalledModel> out;
  for (const std::string& name : all) {
    out.push_back(read_installed(name, folder_of(name)));
  }
  return out;
}

Result<InstalledModel> Hub::find(const std::string& name) const {
  QUERN_ASSIGN(const std::string installed, installed_name(name));
  return read_installed(installed, folder_of(installed));
}

std::string Hub::name_at(const std::string& path) const {
  std::error_code error;
  const fs::path home = fs::weakly_canonical(models(), error);
  if (error) return "";
  const fs::path place(path);
  if (place.parent_path() == home) return place.filename().string();
  return place.parent_path().parent_path() == home ? place.parent_path().filename().string() : "";
}

Status Hub::not_found(const std::string& model, const std::vector<std::string>& all) const {
  if (all.empty()) {
    return {Code::kNotFound, fmt::format("no model '{}': none is installed in '{}', and it is not "
                                         "a path ('quern pull' fetches one)",
                                         model, models())};
  }
  std::string message = fmt::format("no model '{}': installed are {}", model, fmt::join(all, ", "));
  const std::vector<std::string> near = nearest_names(model.substr(model.rfind('/') + 1), all, 3);
  if (!near.empty()) message += fmt::format("; did you mean {}", fmt::join(near, " or "));
  if (find_known_model(model) != nullptr)
    message += fmt::format("; 'quern pull {}' fetches it", model);
  return {Code::kNotFound, message};
}

Result<std::string> Hub::installed_name(const std::string& model) const {
  QUERN_ASSIGN(const std::vector<std::string> all, names());
  for (const std::string& name : all) {
    if (same_but_case(name, model)) return name;
  }
  const KnownModel* known = find_known_model(model);
  if (known != nullptr || model.find('/') != std::string::npos) {
    const std::string_view repo = known != nullptr ? known->repo : std::string_view(model);
    for (const std::string& name : all) {
      const Result<Manifest> manifest = read_manifest(folder_of(name));
      if (manifest.ok() && same_but_case(manifest->hub_name, repo)) return name;
    }
  }
  return not_found(model, all);
}

Result<std::string> Hub::resolve(const std::string& model) const {
  const bool is_path =
      model.starts_with('/') || model.starts_with("./") || model.starts_with("../");
  std::error_code error;
  if (!is_path) {
    Result<std::string> name = installed_name(model);
    if (name.ok()) return folder_of(*name);
    if (!fs::is_directory(model, error) && !is_gguf_file(model)) return name.status();
  }
  if (fs::is_directory(model, error) || is_gguf_file(model)) return model;
  return {Code::kNotFound, fmt::format("no model folder or .gguf file '{}'", model)};
}

Status Hub::check_new_name(const std::string& name) const {
  QUERN_TRY(check_name(name));
  QUERN_ASSIGN(const std::vector<std::string> all, names());
  for (const std::string& other : all) {
    if (other != name && same_but_case(other, name)) {
      return {Code::kBadInput, fmt::format("model name '{}' differs from the installed '{}' in "
                                           "nothing but case",
                                           name, other)};
    }
  }
  return {};
}

Result<InstalledModel> Hub::install(const Installation& installation) const {
  const std::string& name = installation.name;
  QUERN_TRY(check_name(name));
  QUERN_ASSIGN(Workshop workshop, Workshop::open(models()));
  QUERN_TRY(check_new_name(name));
  QUERN_ASSIGN(const std::string part, workshop.make_part());
  Manifest manifest{.name = name,
                    .hub_name = installation.hub_name,
                    .commit = installation.commit,
                    .installed = utc_now(),
                    .base = installation.base,
                    .files = {}};
  QUERN_ASSIGN(manifest.files, installation.fill(part));
  QUERN_TRY(write_manifest(part, manifest));
  // What was found good before may have changed or shrunk while it was copied.
  InstalledModel copied;
  QUERN_TRY(describe(part, copied).in("the copy"));
  QUERN_ASSIGN([[maybe_unused]] const text::TokenizerSpec tokenizer,
               formats::read_tokenizer(part).in("the copy"));
  QUERN_TRY(workshop.publish(name));
  return read_installed(name, folder_of(name));
}

Result<InstalledModel> Hub::add(const std::string& folder, const std::string& name,
                                const std::string& hub_name) const {
  QUERN_TRY(check_name(name));
  InstalledModel checked;
  QUERN_TRY(describe(folder, checked));
  QUERN_ASSIGN([[maybe_unused]] const text::TokenizerSpec tokenizer,
               formats::read_tokenizer(folder));
  QUERN_ASSIGN(const std::vector<ModelFile> files, list_model_files(folder));
  const std::string source =
      is_gguf_file(folder) ? fs::path(folder).parent_path().string() : folder;
  return install({.name = name,
                  .hub_name = hub_name,
                  .fill = [&](const std::string& part) -> Result<std::vector<ManifestFile>> {
                    QUERN_TRY(check_space(models(), files));
                    return copy_model_files(source, part, files);
                  }});
}

Status Hub::remove(const std::string& name) const {
  QUERN_TRY(installed_name(name).status());  // Before anything is made in an empty home.
  QUERN_ASSIGN(Workshop workshop, Workshop::open(models()));
  QUERN_ASSIGN(const std::string installed, installed_name(name));
  forget_packed_weights(home_, folder_of(installed));
  return workshop.discard(installed);
}

Status Hub::verify(const std::string& name) const {
  QUERN_ASSIGN(const std::string installed, installed_name(name));
  QUERN_ASSIGN(const Manifest manifest, read_manifest(folder_of(installed)));
  QUERN_TRY(check_sizes(folder_of(installed), manifest));
  for (const ManifestFile& file : manifest.files) {
    QUERN_ASSIGN(const std::string digest,
                 sha256_hex_of_file(folder_of(installed) + "/" + file.path));
    if (digest != file.sha256) {
      return {Code::kBadInput, fmt::format("file '{}' of model '{}' has digest {}, want {}",
                                           file.path, installed, digest, file.sha256)};
    }
  }
  return {};
}

}  // namespace quern::hub
