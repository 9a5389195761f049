// Which hosts a request may name. A web page can let its own name resolve to an address of the
// loopback and so reach servers that listen there (DNS rebinding); its browser then still sends the
// page's name as Host, and as Origin whenever a page has it send something to another server.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "serve/http/http.h"

namespace quern::serve {

/// True of names and addresses that lead to this machine alone: "localhost", "127.0.0.1", "::1".
bool is_loopback_host(const std::string& host);

class HostGuard {
 public:
  /// Lets everything pass.
  HostGuard() = default;

  /// Lets pass what names localhost, an address of the loopback, `bound` or one of `allowed`; where
  /// `bound` is reached from other machines, any address, for no page has one as its name.
  /// Errors: kBadInput for an allowed name that is none.
  static Result<HostGuard> make(const std::string& bound, const std::vector<std::string>& allowed);

  /// What speaks against serving the request; "" if nothing does.
  std::string objection(const Request& request) const;

 private:
  bool allows(std::string_view host_and_port) const;

  bool is_on_ = false;
  bool allows_any_address_ = false;
  std::vector<std::string> names_;  // Lower case, without ports.
};

}  // namespace quern::serve
