#include "hub/pull/hub_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/edit_distance.h"
#include "hub/known_models.h"
#include "hub/pull/retry.h"

namespace quern::hub {
namespace {

using std::chrono::milliseconds;

// A hub that asks for more than this is better left alone for now.
constexpr milliseconds kLongestWait{300'000};
constexpr milliseconds kWorthANote{5'000};
// Whoever has no network wants to hear so at once.
constexpr int kFirstAttempts = 3;

std::string near_repos(const std::string& repo) {
  std::vector<std::string> repos;
  for (const KnownModel& model : known_models()) repos.emplace_back(model.repo);
  const std::vector<std::string> near = nearest_names(repo, repos, 1);
  return near.empty() || near[0] == repo ? "" : fmt::format("; did you mean {}", near[0]);
}

}  // namespace

HubClient::HubClient(const HubAccess& access, const PullReference& reference, HubWatch watch)
    : access_(access),
      reference_(reference),
      watch_(std::move(watch)),
      client_(watch_.is_cancelled) {}

std::string HubClient::file_url(const std::string& commit, const std::string& file) const {
  return fmt::format("{}/{}/resolve/{}/{}", access_.endpoint, net::url_path(reference_.repo),
                     net::url_segment(commit), net::url_path(file));
}

net::HttpFailure HubClient::refusal(const net::HttpAnswer& answer) const {
  const net::HttpHead& head = answer.last();
  const std::string* reason = head.find("x-error-code");
  const std::string code = reason == nullptr ? "" : *reason;
  const std::string& repo = reference_.repo;
  const std::string origin = net::url_origin(head.url);
  const std::string how = access_.token.empty()
                              ? "set HF_TOKEN to a token of an account that may read it"
                              : "the token in use may not read it";
  if (origin != net::url_origin(access_.endpoint)) {
    // A store that the hub sent us on to: its links are signed for a time, and a new one can help.
    return {{Code::kUnavailable, fmt::format("{} answers {}", origin, head.status)},
            is_passing(head.status) || head.status == 401 || head.status == 403};
  }
  if (code == "GatedRepo" || head.status == 403) {
    return {{Code::kUnavailable,
             fmt::format("'{}' is gated or not open to you: agree to its terms at {}/{}, then {}",
                         repo, access_.endpoint, repo, how)},
            false};
  }
  if (code == "RevisionNotFound") {
    return {{Code::kNotFound, fmt::format("'{}' has no revision '{}'", repo, reference_.revision)},
            false};
  }
  if (code == "EntryNotFound") {
    return {{Code::kNotFound, fmt::format("{} has no '{}'", origin, head.url)}, false};
  }
  // The hub says 401 to strangers of a repository that is not there as of a private one.
  if (code == "RepoNotFound" || head.status == 401 || head.status == 404) {
    const bool is_certain = head.status == 404 && code != "RepoNotFound";
    return {
        {Code::kNotFound, fmt::format("no repository '{}' at {}{}{}", repo, access_.endpoint,
                                      is_certain ? "" : fmt::format(", or a private one ({})", how),
                                      near_repos(repo))},
        false};
  }
  return {{Code::kUnavailable, fmt::format("{} answers {}{}", origin, head.status,
                                           head.status == 429 ? ", too many requests" : "")},
          is_passing(head.status)};
}

net::HttpOutcome HubClient::fetch(net::HttpRequest request, const net::HttpSink& sink) {
  request.bearer = access_.token;
  request.connect_timeout = access_.connect_timeout;
  request.stall_timeout = access_.stall_timeout;
  request.headers.emplace_back("Accept-Encoding: identity");
  bool is_refused = false;
  bool has_begun = false;
  net::HttpFailure refused;
  const net::HttpSink checked{.on_answer = [&](const net::HttpAnswer& answer) -> Status {
                                has_begun = true;
                                if (answer.last().status == 200 || answer.last().status == 206) {
                                  return sink.on_answer ? sink.on_answer(answer) : Status();
                                }
                                refused = refusal(answer);
                                is_refused = true;
                                return {};
                              },
                              // The page that comes with a refusal is for browsers.
                              .on_body = [&](std::string_view bytes) -> Status {
                                return is_refused || !sink.on_body ? Status() : sink.on_body(bytes);
                              }};
  net::HttpOutcome outcome = client_.fetch(request, checked);
  has_answered_ = has_answered_ || has_begun;
  if (is_refused) outcome.failure = refused;
  return outcome;
}

Status HubClient::wait_before(int i, const net::HttpOutcome& outcome) {
  const net::HttpFailure& failure = *outcome.failure;
  if (!failure.may_pass) return failure.status;
  if (i >= (has_answered_ ? access_.n_attempts : std::min(access_.n_attempts, kFirstAttempts))) {
    return {failure.status.code(), fmt::format("{} ({} attempts)", failure.status.message(), i)};
  }
  milliseconds wait = backoff(i, access_.first_wait);
  if (!outcome.answer.hops.empty()) {
    const auto asked = retry_after(outcome.answer.last(), std::chrono::system_clock::now());
    if (asked && *asked > kLongestWait) {
      return {failure.status.code(), fmt::format("{} and asks to come back in {} s",
                                                 failure.status.message(), asked->count() / 1000)};
    }
    if (asked) wait = std::max(wait, *asked);
  }
  if (wait >= kWorthANote && watch_.on_note) {
    watch_.on_note(
        fmt::format("{}; trying again in {} s", failure.status.message(), wait.count() / 1000));
  }
  if (!wait_unless(wait, watch_.is_cancelled)) return {Code::kCancelled, "stopped"};
  return {};
}

Result<std::string> HubClient::get_text(const std::string& url, std::size_t limit_bytes) {
  for (int i = 1;; ++i) {
    std::string body;
    const net::HttpOutcome outcome = fetch({.url = url}, net::collect(body, limit_bytes));
    if (!outcome.failure) return body;
    QUERN_TRY(wait_before(i, outcome));
  }
}

Result<net::HttpAnswer> HubClient::head(const std::string& url) {
  for (int i = 1;; ++i) {
    net::HttpOutcome outcome = fetch({.method = net::Method::kHead, .url = url}, {});
    // Links that a store signed for GET alone refuse HEAD; the hub's own answer came before.
    const bool is_known = outcome.answer.find("x-linked-size") != nullptr;
    if (!outcome.failure || is_known) return std::move(outcome.answer);
    QUERN_TRY(wait_before(i, outcome));
  }
}

}  // namespace quern::hub
