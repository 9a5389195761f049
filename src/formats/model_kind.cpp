#include "formats/model_kind.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "formats/decoder_family.h"
#include "formats/decoder_model.h"
#include "formats/encoder_family.h"
#include "formats/fast_json.h"
#include "formats/gguf/architecture_keys.h"
#include "formats/gguf/gguf.h"
#include "formats/gguf_encoder_family.h"
#include "formats/gguf_head.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

namespace fs = std::filesystem;

Status unknown(std::string_view family, const std::string& known) {
  return {Code::kUnsupported, fmt::format("architecture '{}', want one of: {}, {}", shown(family),
                                          known, known_families())};
}

bool generates(const std::string& architecture) {
  return architecture.ends_with("ForCausalLM") ||
         architecture.ends_with("ForConditionalGeneration");
}

Result<ModelKind> kind_of_folder(const std::string& path) {
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(path, "config.json"));
  QUERN_ASSIGN(const std::string type, config.string("model_type"));
  if (find_encoder_family(type) != nullptr) return ModelKind::kEncoder;
  if (find_family(type) == nullptr) return unknown(type, encoder_family_names());
  std::error_code error;
  if (fs::exists(fs::path(path) / "modules.json", error)) return ModelKind::kEncoder;
  QUERN_ASSIGN(const std::vector<std::string> names, config.strings("architectures"));
  if (!names.empty() && std::none_of(names.begin(), names.end(), generates)) {
    return ModelKind::kEncoder;
  }
  QUERN_ASSIGN(const bool is_causal, config.boolean_or("is_causal", true));
  QUERN_ASSIGN(const bool both_ways, config.boolean_or("use_bidirectional_attention", false));
  return is_causal && !both_ways ? ModelKind::kDecoder : ModelKind::kEncoder;
}

Result<ModelKind> kind_of_gguf(const std::string& path) {
  QUERN_ASSIGN(const GgufFile file, GgufFile::open(path));
  QUERN_ASSIGN(const std::string_view name, file.metadata().string("general.architecture"));
  if (find_gguf_encoder_family(name) != nullptr) return ModelKind::kEncoder;
  const FamilyFacts* facts = find_gguf_family(name);
  if (facts == nullptr) return unknown(name, gguf_encoder_family_names());
  QUERN_ASSIGN(const bool is_causal, ArchitectureKeys(file.metadata(), name)
                                         .boolean_or("attention.causal", !facts->sees_both_ways));
  QUERN_ASSIGN(const GgufPooling pooling, gguf_pooling(file.metadata()));
  return is_causal && pooling == GgufPooling::kNone ? ModelKind::kDecoder : ModelKind::kEncoder;
}

}  // namespace

Result<ModelKind> model_kind(const std::string& path) {
  const std::string where = fmt::format("model '{}'", path);
  QUERN_ASSIGN(const std::string gguf, find_gguf(path));
  return (gguf.empty() ? kind_of_folder(path) : kind_of_gguf(gguf)).in(where);
}

}  // namespace quern::formats
