// The model of a store's vectors: from the catalog's facts to what embeds, and back.

#pragma once

#include "apps/json_document.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "engine/engine.h"
#include "store/vector/space.h"

namespace quern::apps {

/// As a store keeps it. The model is named so that it is found again from anywhere: as it is
/// installed, or by its whole path.
Result<store::VectorSpace> space_of(const TextEmbedder& embedder, const std::string& model);

/// A space for vectors that are brought along. Errors: kBadInput for a `d` that no vector has.
Result<store::VectorSpace> space_of_given(int d, store::Metric metric);

/// Whether vectors of a space are brought along: then no model makes them.
bool is_of_given(const store::VectorSpace& space);

/// What becomes of documents' own vectors where nothing is said about it: a space for them takes
/// them, one of a model refuses them, and a store without vectors has no use for them.
GivenVectors given_vectors_for(const store::SpaceRow* active);

/// Errors: kBadInput, saying why, where a store takes no vectors from documents.
Status check_takes_given(const store::SpaceRow* active);

/// What embeds for a space. Errors: kBadInput where vectors are brought along, or the model is not
/// what it was; as TextEmbedder::open.
Result<TextEmbedder> open_embedder(engine::Engine& engine, const store::VectorSpace& space);

}  // namespace quern::apps
