// The model of a store's vectors: from the catalog's facts to what embeds, and back.

#pragma once

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

/// What embeds for a space. Errors: kBadInput where vectors are brought along, or the model is not
/// what it was; as TextEmbedder::open.
Result<TextEmbedder> open_embedder(engine::Engine& engine, const store::VectorSpace& space);

}  // namespace quern::apps
