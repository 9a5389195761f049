// All papers that a query of the bulk route and a filter let pass, in one of its orders.

#pragma once

#include "apps/papers/paper_library.h"
#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/store.h"

namespace quern::apps {

/// As PaperLibrary::bulk.
Result<BulkPage> find_bulk(store::Store& store, const store::Generation& generation,
                           const BulkAsk& ask);

}  // namespace quern::apps
