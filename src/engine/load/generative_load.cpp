#include "engine/load/generative_load.h"

#include <utility>

#include "engine/load/load_through_cache.h"
#include "formats/gguf/gguf.h"
#include "formats/model_folder.h"
#include "formats/safetensors.h"
#include "hub/model_digest.h"
#include "kernels/numerics.h"

namespace quern::engine {
namespace {

using models::Decoder;

/// The digest of all files that the weights come from.
Result<std::string> digest_of(const std::string& home, const formats::DecoderModel& facts) {
  const std::string folder = facts.path.substr(0, facts.path.rfind('/'));
  if (facts.weights == formats::WeightFiles::kGguf) {
    QUERN_ASSIGN(const formats::GgufFile file, formats::GgufFile::open(facts.path));
    return hub::model_digest(home, folder, file.files());
  }
  QUERN_ASSIGN(const formats::TensorFiles files, formats::TensorFiles::open(facts.path));
  return hub::model_digest(home, facts.path, files);
}

Result<Decoder> load_packed(const std::string& home, const formats::DecoderModel& facts,
                            models::Residency residency, ByteLedger& ledger, ThreadPool& pool) {
  if (!hub::is_packed_cache_on()) return models::load_decoder(facts, ledger, pool);
  QUERN_ASSIGN(const std::string digest, digest_of(home, facts));
  // The blocks' order is the same for every instruction set.
  const hub::PackedKey key{.model_digest = digest,
                           .precision = "blocks",
                           .isa = "any",
                           .numerics_version = kernels::kNumericsVersion};
  constexpr auto kAsStored = kernels::Precision::kStored;
  return load_through_cache<Decoder>(
      hub::PackedCache(home), key,
      {.name = facts.name,
       .pack =
           [&](models::SectionSink& sink) {
             return models::pack_decoder(facts, kAsStored, ledger, pool, sink);
           },
       .load =
           [&](MappedSections packed) {
             return models::load_decoder(facts, ledger, pool,
                                         {.packed = std::move(packed), .residency = residency});
           }});
}

}  // namespace

Result<ModelCard> read_generative_facts(const std::string& path) {
  DecoderFacts facts;
  QUERN_ASSIGN(facts.model, formats::read_decoder(path));
  QUERN_ASSIGN(const models::DecoderWeightInfo info, models::decoder_weight_info(facts.model));
  facts.weights = {.precision = block_layout(info.main_format).name,
                   .bytes = info.n_bytes,
                   .least_bytes = info.least_bytes};
  ModelCard card;
  card.name = facts.model.name;
  card.facts = std::move(facts);
  return card;
}

Result<ModelCard> read_generative_card(const std::string& path) {
  QUERN_ASSIGN(ModelCard card, read_generative_facts(path));
  QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(path));
  auto& facts = std::get<DecoderFacts>(card.facts);
  formats::add_tokenizer_ends(spec, facts.model);
  for (const text::AddedToken& token : spec.added) {
    if (token.special) facts.hidden_ids.insert(token.id);
  }
  QUERN_ASSIGN(text::TextEncoder encoder, text::TextEncoder::make(spec));
  card.encoder = std::make_shared<const text::TextEncoder>(std::move(encoder));
  return card;
}

Result<std::shared_ptr<const LoadedWeights>> load_generative(const std::string& home,
                                                             std::shared_ptr<const ModelCard> card,
                                                             models::Residency residency,
                                                             ByteLedger& ledger, ThreadPool& pool) {
  auto out = std::make_shared<GenerativeModel>();
  QUERN_ASSIGN(out->decoder, load_packed(home, card->as_decoder().model, residency, ledger, pool));
  out->card = std::move(card);
  return std::shared_ptr<const LoadedWeights>(std::move(out));
}

}  // namespace quern::engine
