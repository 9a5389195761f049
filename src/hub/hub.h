// Installed models: names, folders, sizes, removal. Home is one folder of the user's:
// $QUERN_HOME, else $XDG_DATA_HOME/quern, else ~/.local/share/quern; models lie in home/models.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "hub/manifest.h"

namespace quern::hub {

struct InstalledModel {
  std::string name;      // "all-MiniLM-L6-v2": unique under one home.
  std::string hub_name;  // "sentence-transformers/all-MiniLM-L6-v2", "" if none is known.
  std::string path;      // Its folder.
  std::string family;    // "bert", ...
  std::string task;      // formats::task_name.
  int dims = 0;          // Width of a vector (or of the model), or number of labels.
  int n_positions = 0;   // Longest text it takes, in tokens.
  std::int64_t n_parameters = 0;
  std::size_t bytes = 0;  // On disk.
  std::string dtype;      // Of the stored weights: "f32", "q4_K", ...
  std::string problem;    // Why it cannot be used; "" if it can.
};

/// A model to be installed.
struct Installation {
  std::string name;
  std::string hub_name = {};
  std::string commit = {};
  std::string base = {};  // The model that it was made of; "" for most.
  /// Puts the model's files into a folder, and says which they are.
  std::function<Result<std::vector<ManifestFile>>(const std::string& folder)> fill;
};

/// What list() says of a model by its path: a folder or .gguf file. Errors: what is wrong with it.
Result<InstalledModel> describe_model(const std::string& path);

/// Whether a folder's configs and tokenizer are those of a model that this program runs; weights
/// need not be there. Errors: as list() would tell them.
Status check_model_facts(const std::string& folder);

/// The home folder this process uses; made when something is first written.
std::string home_folder();

class Hub {
 public:
  explicit Hub(std::string home) : home_(std::move(home)) {}

  /// By name; damaged ones are listed with their problem. A home that is not there is empty.
  /// Errors: kIo for one that cannot be read.
  Result<std::vector<InstalledModel>> list() const;

  /// The names alone, without opening a model. Errors: as list().
  Result<std::vector<std::string>> names() const;

  /// What list() says of one name. Errors: kNotFound.
  Result<InstalledModel> find(const std::string& name) const;

  /// The installed name of the model whose folder `path` (canonical) is, or lies in directly; ""
  /// for any other place.
  std::string name_at(const std::string& path) const;

  /// The folder of an installed name (short or full hub name, case ignored), or else the path of a
  /// folder or .gguf file; what begins with '/', "./" or "../" is a path alone.
  /// Errors: kNotFound naming what is installed and the nearest names; kIo as list().
  Result<std::string> resolve(const std::string& model) const;

  /// Copies `folder` (or a .gguf file) under `name`, checked to be a model before and after;
  /// published by rename, so it is there whole or not at all. An installed model of that name is
  /// replaced. Waits while another process adds or removes. Errors: kBadInput (the name, or not a
  /// model), kIo (disk full, not writable, ...).
  Result<InstalledModel> add(const std::string& folder, const std::string& name,
                             const std::string& hub_name) const;

  /// Publishes what `fill` made, in one step. Waits while another process adds or removes.
  /// Errors: as add().
  Result<InstalledModel> install(const Installation& installation) const;

  /// Can a model be installed under this name? Errors: kBadInput.
  Status check_new_name(const std::string& name) const;

  /// The model's packed weights go with it. Errors: kNotFound, kIo.
  Status remove(const std::string& name) const;

  /// Reads every file of an installed model and compares its digest with the one at installation.
  /// Errors: kNotFound; kBadInput naming the first file that differs.
  Status verify(const std::string& name) const;

  const std::string& home() const { return home_; }

 private:
  std::string models() const { return home_ + "/models"; }
  std::string folder_of(const std::string& name) const { return models() + "/" + name; }
  Result<std::string> installed_name(const std::string& model) const;
  Status not_found(const std::string& model, const std::vector<std::string>& all) const;

  std::string home_;
};

}  // namespace quern::hub
