#include "formats/model_folder.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "formats/decoder_family.h"
#include "formats/decoder_model.h"
#include "formats/gguf/gguf.h"
#include "formats/gguf/gguf_tokenizer.h"
#include "formats/gguf_head.h"
#include "formats/json_object.h"
#include "formats/output_files.h"
#include "formats/safetensors.h"
#include "formats/sentence_modules.h"
#include "formats/static_model.h"
#include "formats/tokenizer/sentence_piece.h"
#include "formats/tokenizer/tokenizer_config.h"
#include "formats/tokenizer/tokenizer_json.h"
#include "formats/tokenizer/vocab_txt.h"

namespace quern::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTokenizerBytes = 256u << 20;

// [CLS], one token, [SEP]: fewer leave no room for text.
constexpr int kFewestTokens = 3;

/// Lowers `limit` to a token limit that a config file may state. Files without one hold null or a
/// number far too large (10^30), so anything above `limit` is no limit.
Status lower_limit(const JsonObject& config, const char* key, int& limit) {
  if (!config.has(key)) return {};
  const nlohmann::json& value = config.at(key);
  const std::string want = fmt::format("at least {} tokens", kFewestTokens);
  if (!value.is_number() || !(value.get<double>() >= kFewestTokens)) return config.wrong(key, want);
  limit = static_cast<int>(std::min(value.get<double>(), static_cast<double>(limit)));
  return {};
}

/// sentence-transformers' limit replaces the tokenizer's; without one that counts.
Status read_max_tokens(ModelFolder& out) {
  out.max_tokens = out.config.n_positions;
  QUERN_ASSIGN(const JsonObject sentence,
               JsonObject::read_or_empty(out.path, "sentence_bert_config.json"));
  QUERN_ASSIGN(const JsonObject tokenizer,
               JsonObject::read_or_empty(out.path, "tokenizer_config.json"));
  int tokenizer_limit = out.config.n_positions;
  QUERN_TRY(lower_limit(tokenizer, "model_max_length", tokenizer_limit));
  if (!sentence.has("max_seq_length")) out.max_tokens = tokenizer_limit;
  return lower_limit(sentence, "max_seq_length", out.max_tokens);
}

Status read_network(const JsonObject& config, ModelFolder& out) {
  QUERN_ASSIGN(const std::string type, config.string_or("model_type", ""));
  if (find_family(type) == nullptr) {
    QUERN_ASSIGN(out.config, read_encoder_config(config));
    return {};
  }
  QUERN_ASSIGN(out.decoder, decoder_config_from_json(config));
  QUERN_ASSIGN(out.config, encoder_from_decoder(*out.decoder));
  return {};
}

/// What a folder without modules pools: as sentence-transformers does, the last row of a model that
/// was made to generate.
/// Source: sentence-transformers, sentence_transformer/model.py, _load_default_modules.
Status set_default_pooling(const JsonObject& config, ModelFolder& out) {
  if (!out.decoder || !out.decoder->is_causal) return {};
  QUERN_ASSIGN(const std::vector<std::string> names, config.strings("architectures"));
  if (!names.empty() && names[0].ends_with("ForCausalLM")) out.head.poolings = {Pooling::kLast};
  return {};
}

/// nullopt: weights that are not there, as before they are fetched; whoever needs them says so.
Result<std::optional<TensorFiles>> open_weights(const std::string& path) {
  Result<TensorFiles> files = TensorFiles::open(path);
  if (files.ok()) return std::optional(std::move(*files));
  if (files.status().code() == Code::kNotFound) return std::optional<TensorFiles>();
  return files.status();
}

/// Stanford's layout of late interaction: the matrix over the rows lies among the model's tensors.
/// Without these the folder is a plain embedder.
Status read_stanford_model(ModelFolder& out) {
  QUERN_ASSIGN(LateInteraction late, read_stanford(out.path));
  QUERN_ASSIGN(const std::optional<TensorFiles> files, open_weights(out.path));
  if (!files) return {};
  VectorModule dense{.kind = VectorModule::Kind::kDense, .n_in = out.config.d_model};
  dense.tensor = "linear";
  const TensorEntry* matrix = files->find(dense.tensor + ".weight");
  if (matrix == nullptr || matrix->shape.size() != 2 || matrix->shape[0] < 1 ||
      matrix->shape[0] > out.config.d_model) {
    return {Code::kBadInput,
            fmt::format("an HF_ColBERT model without a matrix 'linear.weight' of [1 to {0}, {0}]",
                        out.config.d_model)};
  }
  dense.n_out = static_cast<int>(matrix->shape[0]);
  RowFacts rows{.n_values = dense.n_out, .modules = {dense, normalize_module(dense.n_out)}};
  rows.late = std::move(late);
  set_late_interaction(std::move(rows), out.head);
  return {};
}

/// What labels tokens: a matrix over the rows; of families whose classifier has a norm, what stands
/// before it too.
Status read_tag_modules(ModelFolder& out) {
  const EncoderConfig& c = out.config;
  if (c.names == nullptr || c.names->names.out.empty()) {
    return {Code::kUnsupported,
            fmt::format("labels of tokens by a '{}', whose head is not known", c.family)};
  }
  const EncoderNames& names = c.names->names;
  RowFacts rows{.n_values = out.head.n_values};
  const VectorModule wide{.n_in = c.d_model, .n_out = c.d_model};
  if (!names.head_norm.empty()) {
    VectorModule& dense = rows.modules.emplace_back(wide);
    dense.kind = VectorModule::Kind::kDense;
    dense.activation = c.names->head_activation;
    dense.has_bias = c.has_head_bias;
    dense.tensor = names.dense;
    VectorModule& norm = rows.modules.emplace_back(wide);
    norm.kind = VectorModule::Kind::kLayerNorm;
    norm.has_bias = c.has_norm_bias;
    norm.tensor = names.head_norm;
  }
  VectorModule& matrix = rows.modules.emplace_back(wide);
  matrix.kind = VectorModule::Kind::kDense;
  matrix.n_out = out.head.n_values;
  matrix.has_bias = true;
  matrix.tensor = "classifier";
  out.head.rows = std::move(rows);
  return {};
}

/// Of a family whose head is known, and as wide as the model.
bool has_known_masked_lm(const ModelFolder& folder) {
  const EncoderConfig& c = folder.config;
  return c.names != nullptr && !c.names->names.mlm_dense.empty() && c.d_embed == c.d_model;
}

/// What a masked-language model without modules weighs terms by, where its files have the head.
Status read_masked_lm(ModelFolder& out) {
  if (!has_known_masked_lm(out)) return {};
  QUERN_ASSIGN(const std::optional<TensorFiles> files, open_weights(out.path));
  const std::string dense = std::string(out.config.names->names.mlm_dense) + ".weight";
  if (files && files->find(dense) != nullptr) out.head.sparse = SparseFacts();
  return {};
}

/// Tokens that a query is filled up with see its own, however far they are.
Status check_filling(const ModelFolder& folder) {
  const auto& filling = folder.head.rows->late->filling;
  if (!filling || filling->is_seen) return {};
  for (const int window : folder.config.windows) {
    if (window == 0 || filling->n_tokens <= window) continue;
    return {Code::kUnsupported,
            fmt::format("queries are filled up to {} tokens, and some layers see {} to each side",
                        filling->n_tokens, window - 1)};
  }
  return {};
}

/// A matrix with a bias over the rows, alone in a file of the folder.
Result<VectorModule> read_row_matrix(const ModelFolder& folder, const std::string& file) {
  QUERN_ASSIGN(const TensorFiles files, TensorFiles::open((fs::path(folder.path) / file).string()));
  VectorModule out{.kind = VectorModule::Kind::kDense, .n_in = folder.config.d_model};
  out.has_bias = true;
  out.folder = ".";
  out.file = file;
  const TensorEntry* matrix = files.find("weight");
  if (matrix == nullptr || matrix->shape.size() != 2 || matrix->shape[1] != out.n_in ||
      matrix->shape[0] < 1 || matrix->shape[0] > out.n_in) {
    return Status(Code::kBadInput, fmt::format("{}: want a matrix 'weight' of [1 to {}, {}]", file,
                                               out.n_in, out.n_in));
  }
  out.n_out = static_cast<int>(matrix->shape[0]);
  return out;
}

/// BGE-M3's other two outputs, each a matrix over the rows in a file of its own.
/// Source: FlagOpen/FlagEmbedding, inference/embedder/encoder_only/m3.py and
/// finetune/embedder/encoder_only/m3/modeling.py.
Status read_m3(ModelFolder& out) {
  std::error_code error;
  if (fs::exists(fs::path(out.path) / kLexicalMatrix, error)) {
    SparseFacts sparse{.kind = SparseFacts::Kind::kLexical};
    QUERN_ASSIGN(sparse.number, read_row_matrix(out, kLexicalMatrix));
    if (sparse.number.n_out != 1) {
      return {Code::kBadInput, fmt::format("{}: makes {} numbers of a row, want 1", kLexicalMatrix,
                                           sparse.number.n_out)};
    }
    sparse.number.activation = HeadActivation::kRelu;
    out.head.sparse = std::move(sparse);
  }
  if (!fs::exists(fs::path(out.path) / kRowMatrix, error)) return {};
  QUERN_ASSIGN(VectorModule matrix, read_row_matrix(out, kRowMatrix));
  RowFacts rows{.n_values = matrix.n_out, .modules = {matrix, normalize_module(matrix.n_out)}};
  rows.late = LateInteraction{.skips_first = true, .averages = true};
  out.head.rows = std::move(rows);
  out.head.scale = Scale::kMaxSim;
  return {};
}

/// What is there beside the output that the modules name, and in place of modules.
Status read_other_outputs(const JsonObject& config, ModelFolder& out) {
  std::error_code error;
  if (!fs::exists(fs::path(out.path) / "modules.json", error)) {
    QUERN_ASSIGN(const std::vector<std::string> names, config.strings("architectures"));
    const std::string name = names.empty() ? "" : names[0];
    if (name == "HF_ColBERT") {
      QUERN_TRY(read_stanford_model(out));
    }
    if (name.ends_with("ForMaskedLM")) QUERN_TRY(read_masked_lm(out));
  }
  if (out.head.output == OutputKind::kVector && !out.decoder) QUERN_TRY(read_m3(out));
  if (out.head.output == OutputKind::kSparse && !has_known_masked_lm(out)) {
    return {Code::kUnsupported,
            fmt::format("weights of terms by the masked-language model of a '{}', whose head is "
                        "not known",
                        out.config.family)};
  }
  if (out.head.rows && out.head.rows->late) QUERN_TRY(check_filling(out));
  return {};
}

Result<ModelFolder> read_folder(const std::string& path) {
  std::error_code error;
  ModelFolder out;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error || !fs::is_directory(absolute, error)) return {Code::kNotFound, "not a folder"};
  out.path = absolute.has_filename() ? absolute.string() : absolute.parent_path().string();
  out.name = fs::path(out.path).filename().string();

  QUERN_ASSIGN(const JsonObject config, JsonObject::read(out.path, "config.json"));
  if (is_static_model(config)) {
    QUERN_TRY(read_static_model(config, out));
    if (fs::exists(fs::path(out.path) / "tokenizer.json", error)) return out;
    return {Code::kNotFound, "no tokenizer.json"};
  }
  QUERN_TRY(read_network(config, out));
  QUERN_ASSIGN(out.head, read_head(config, out.config.d_model));
  if (out.head.output == OutputKind::kLogits && out.decoder) out.head.poolings = {Pooling::kLast};
  if (out.head.output == OutputKind::kTags) QUERN_TRY(read_tag_modules(out));
  if (out.head.output == OutputKind::kVector) {
    QUERN_TRY(set_default_pooling(config, out));
    QUERN_TRY(read_sentence_modules(out));
    QUERN_TRY(read_other_outputs(config, out));
  }
  QUERN_TRY(read_max_tokens(out));
  if (!fs::exists(fs::path(out.path) / "tokenizer.json", error) &&
      !fs::exists(fs::path(out.path) / "vocab.txt", error) &&
      find_sentence_piece(out.path).empty()) {
    return {Code::kNotFound,
            "no tokenizer.json, no spm.model, no sentencepiece.bpe.model and no vocab.txt"};
  }
  return out;
}

Result<ModelFolder> read_gguf(const std::string& path) {
  QUERN_ASSIGN(const GgufFile file, GgufFile::open(path));
  QUERN_ASSIGN(const std::string_view architecture, file.metadata().string("general.architecture"));
  ModelFolder out;
  out.path = path;
  out.weights = WeightFiles::kGguf;
  out.name = fs::path(path).stem().string();
  if (find_gguf_family(architecture) != nullptr) {
    QUERN_ASSIGN(out.decoder, decoder_config_from_gguf(file.metadata(), file.tensors()));
    QUERN_ASSIGN(out.config, encoder_from_decoder(*out.decoder));
  } else {
    QUERN_ASSIGN(out.config, encoder_config_from_gguf(file.metadata(), file.tensors()));
  }
  const int d = out.config.d_model;
  QUERN_ASSIGN(out.head, out.decoder ? gguf_decoder_head(file.metadata(), file.tensors(), d)
                                     : gguf_head(file.metadata(), file.tensors(), d));
  if (out.head.logit_score) {
    QUERN_ASSIGN(out.pair_prompt, gguf_pair_prompt(file.metadata()));
    if (!out.pair_prompt) {
      return {Code::kUnsupported,
              "a reranker without 'tokenizer.chat_template.rerank': without the text round its "
              "pairs the scores mean nothing"};
    }
  }
  out.max_tokens = out.config.n_positions;
  return out;
}

Result<ModelFolder> read_any(const std::string& path, std::optional<Pooling> pooling) {
  QUERN_ASSIGN(const std::string gguf, find_gguf(path));
  QUERN_ASSIGN(ModelFolder out, gguf.empty() ? read_folder(path) : read_gguf(gguf));
  if (out.head.output == OutputKind::kVector && !out.head.rows) {
    out.head.rows = RowFacts{.n_values = out.config.d_model};  // Those that are pooled.
  }
  if (pooling) QUERN_TRY(override_pooling(*pooling, out.head));
  if (!out.head.poolings.empty()) return out;
  return {Code::kUnsupported,
          "the file does not say how rows become a vector (no 'pooling_type'): choose with "
          "--pooling mean, cls or lasttoken"};
}

/// `folder` may be a .gguf file.
Result<text::TokenizerSpec> read_spec(const std::string& folder) {
  Result<std::string> json =
      read_file((fs::path(folder) / "tokenizer.json").string(), kMaxTokenizerBytes);
  if (json.ok()) {
    QUERN_ASSIGN(text::TokenizerSpec spec, parse_tokenizer_json(*json).in("tokenizer.json"));
    QUERN_TRY(apply_tokenizer_config(folder, spec));
    QUERN_TRY(read_truncation_side(folder, spec));
    QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(folder, "config.json"));
    if (is_static_model(config)) apply_static_rules(spec);
    return spec;
  }
  if (json.status().code() != Code::kNotFound) return json.status();
  QUERN_ASSIGN(const std::string gguf, find_gguf(folder));
  if (gguf.empty()) {
    return find_sentence_piece(folder).empty() ? read_vocab_txt(folder)
                                               : read_sentence_piece(folder);
  }
  QUERN_ASSIGN(const GgufFile file, GgufFile::open(gguf));
  return tokenizer_from_gguf(file.metadata());
}

}  // namespace

Result<ModelFolder> read_model_folder(const std::string& path, std::optional<Pooling> pooling) {
  return read_any(path, pooling).in(fmt::format("model '{}'", path));
}

Result<text::TokenizerSpec> read_tokenizer(const std::string& path) {
  const std::string where = fmt::format("model '{}'", path);
  QUERN_ASSIGN(text::TokenizerSpec spec, read_spec(path).in(where));
  QUERN_TRY(apply_sentence_config(path, spec).in(where));
  return spec;
}

}  // namespace quern::formats
