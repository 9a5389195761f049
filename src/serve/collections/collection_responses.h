// The JSON of answers about collections.

#pragma once

#include <string>
#include <vector>

#include "apps/collections.h"
#include "apps/retriever.h"

namespace quern::serve {

/// {"name","documents","generation","segments","bytes","fields","attributes","vectors",...}.
std::string collection_json(const apps::Collection& collection, const apps::CollectionState& state);

/// {"added","unchanged","refused","vectors","without_vector","generation","problems"}.
std::string report_json(const apps::IngestReport& report, const std::vector<std::string>& refused);

std::string erasure_json(const apps::ErasureReport& report);

/// {"hits":[...],"mode","generation","fresh","timings",...}.
std::string search_json(const apps::Retrieved& answer, const apps::CollectionState& state);

}  // namespace quern::serve
