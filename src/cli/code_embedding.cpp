#include "cli/code_embedding.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/store_model.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr const char* kDefaultModel = "all-MiniLM-L6-v2";

}  // namespace

void add_code_model_flag(CLI::App& command, std::string& model) {
  command
      .add_option(
          "--model", model,
          fmt::format(
              "Whose vectors are searched beside words and names; none: make\n"
              "none, those that are there stay (default: what the index has, else {},\nwhere it is "
              "installed)",
              kDefaultModel))
      ->type_name("MODEL")
      ->check(empty_problem);
}

std::string code_model(const std::string& flag, const store::SpaceRow* active) {
  if (flag == "none") return "";
  if (!flag.empty()) return flag;
  if (active != nullptr) return active->space.model;
  return hub::Hub(hub::home_folder()).find(kDefaultModel).ok() ? kDefaultModel : "";
}

Result<std::unique_ptr<CodeEmbedder>> CodeEmbedder::open(engine::Engine& engine,
                                                         const VectorLogFlags& log,
                                                         const std::string& model,
                                                         store::Writer& writer) {
  auto out = std::unique_ptr<CodeEmbedder>(new CodeEmbedder);
  QUERN_ASSIGN(apps::TextEmbedder embedder, apps::TextEmbedder::open(engine, {.model = model}));
  out->embedder_.emplace(std::move(embedder));
  QUERN_ASSIGN(const store::VectorSpace space, apps::space_of(*out->embedder_, model));
  QUERN_ASSIGN(out->log_, open_vector_log(log, *out->embedder_));
  QUERN_ASSIGN(out->space_, writer.add_space(space));
  return out;
}

Status CodeEmbedder::show(store::Writer& writer) const {
  const store::SpaceRow* active = writer.active_space();
  if (active != nullptr && active->id == space_) return {};
  return writer.activate_space(space_, store::Writer::Coverage::kAny);
}

}  // namespace quern::cli
