// Requests to the hub: its addresses, its token, its way of saying no.

#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "hub/pull/hub_access.h"
#include "hub/pull/pull_reference.h"
#include "net/http_client.h"

namespace quern::hub {

/// Told and asked on threads of the pull.
struct HubWatch {
  std::function<bool()> is_cancelled = {};
  std::function<void(const std::string&)> on_note = {};  // "the hub asks for 30 s of patience ..."
};

/// Threads: one at a time.
class HubClient {
 public:
  HubClient(const HubAccess& access, const PullReference& reference, HubWatch watch);

  const HubAccess& access() const { return access_; }
  const PullReference& reference() const { return reference_; }

  /// The address of the repository's file at a commit.
  std::string file_url(const std::string& commit, const std::string& file) const;

  /// One attempt at `url`; an answer other than 200 and 206 is a failure, told in the hub's terms.
  net::HttpOutcome fetch(net::HttpRequest request, const net::HttpSink& sink);

  /// A text of the hub's interface, tried again while that may help.
  Result<std::string> get_text(const std::string& url, std::size_t limit_bytes);

  /// What the hub says of a file without sending it; tried again likewise.
  Result<net::HttpAnswer> head(const std::string& url);

  /// Waits before attempt `i` as the failure asks. Errors: the failure itself where there is no
  /// use in trying again.
  Status wait_before(int i, const net::HttpOutcome& outcome);

 private:
  net::HttpFailure refusal(const net::HttpAnswer& answer) const;

  HubAccess access_;
  PullReference reference_;
  HubWatch watch_;
  net::HttpClient client_;
  bool has_answered_ = false;
};

}  // namespace quern::hub
