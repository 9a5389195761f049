// Which questions need no reranking, learnt from judgements of a store's own documents, and kept
// with it (store/rank/rerank_gate.h).

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/fusion_fitting.h"
#include "apps/rerank.h"
#include "apps/retriever.h"
#include "base/status.h"
#include "engine/engine.h"
#include "store/catalog/fit_row.h"
#include "store/catalog/generation.h"
#include "store/rank/rerank_gate.h"

namespace quern::apps {

/// Learns from the questions that have a document judged relevant, by searching with `fusion` and
/// reranking by `wish`. Errors: as Retriever::retrieve and fit_rerank_gate; kCancelled where
/// `is_stopped` says so.
Result<store::RerankGate> fit_gate(Retriever& retriever, const store::Snapshot& snapshot,
                                   const std::vector<QueryLine>& questions,
                                   const Judgements& judgements, const store::FusionFit& fusion,
                                   const RerankWish& wish, const std::function<bool()>& is_stopped);

/// To be kept beside the fusion that it was learnt with. Errors: kNotFound for the model.
Result<store::FitRow> row_of_gate(engine::Engine& engine, const store::RerankGate& gate,
                                  const store::FitRow& fusion, const std::string& model);

/// What was learnt for a store, its fusion and this model; one that spares nothing where that is
/// nothing. Errors: kNotFound for the model; kBadInput where it is damaged.
Result<store::RerankGate> learnt_gate(engine::Engine& engine, const store::Generation& generation,
                                      const std::string& model);

}  // namespace quern::apps
