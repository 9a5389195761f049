// One call of a route of claims, and what answers it.

#pragma once

#include <string>

#include "serve/claims/claims_routes.h"

namespace quern::serve {

/// What a handler works with, on a thread that may wait.
struct Call {
  Backend& backend;
  ClaimsBackend& claims;
  Exchange& x;
  std::string rest;  // Of the path, behind the route's beginning.
  std::string body;

  void fail(const Status& status) const { x.fail(error_of(status)); }
};

// Each answers. What is known already:
void handle_claims(Call& call);
void handle_claim(Call& call);
void handle_task(Call& call);
void handle_result(Call& call);
void handle_verdict(Call& call);

// Each answers. Made of a step of verifying: a text's vector, evidence, what the model says.
void handle_embed(Call& call);
void handle_search(Call& call);
void handle_nli(Call& call);
void handle_nli_batch(Call& call);

}  // namespace quern::serve
