#include "apps/dialogue/training_rows.h"

#include <algorithm>
#include <array>
#include <utility>

#include "apps/dialogue/vector_math.h"

namespace quern::apps {
namespace {

// What a dialogue is used for.
enum Role : std::size_t { kFit, kChoose, kConfidence };
constexpr std::size_t kRoles = 3;

// Of ten with two turns and more.
Role role_of(std::size_t n) {
  if (n % 10 == 9) return kConfidence;
  return n % 5 == 2 ? kChoose : kFit;
}

// Rows of a role that are kept at most, and numbers of all that readouts see in them: more would
// take memory, and what they say hardly changes.
constexpr std::array<std::size_t, kRoles> kMostKept = {32'768, 4096, 4096};
constexpr std::size_t kMostKeptNumbers = std::size_t{64} << 20;

// Dialogues that are sorted by their length together.
constexpr std::size_t kWindow = 4096;

// Rows that are handed to the sums together.
constexpr std::size_t kRowsTogether = 64;

std::size_t most_kept(Role role, const ContextReader& context) {
  const std::size_t n = kMostKeptNumbers / static_cast<std::size_t>(context.d_x());
  return std::min(kMostKept[role], std::max<std::size_t>(1, n));
}

/// Rows on their way into sums.
class Rows {
 public:
  Rows(reservoir::RidgeSums& sums, ThreadPool& pool) : sums_(sums), pool_(pool) {}

  // The next turn and the mean so far are both mapped: what is left of the one less any multiple of
  // the other follows.
  Status add(const ContextReader::Seen& seen) {
    x_.insert(x_.end(), seen.x.begin(), seen.x.end());
    y_.insert(y_.end(), seen.next.begin(), seen.next.end());
    y_.insert(y_.end(), seen.mean.begin(), seen.mean.end());
    return ++n_ % kRowsTogether == 0 ? flush() : Status();
  }
  Status flush() {
    QUERN_TRY(sums_.add(x_, y_, pool_));
    x_.clear();
    y_.clear();
    return {};
  }

 private:
  reservoir::RidgeSums& sums_;
  ThreadPool& pool_;
  std::vector<float> x_, y_;
  std::size_t n_ = 0;
};

void reserve(std::size_t n, const ContextReader& context, KeptRows& rows) {
  const auto d = static_cast<std::size_t>(context.d());
  rows.x.reserve(n * static_cast<std::size_t>(context.d_x()));
  rows.mean.reserve(n * d);
  rows.next.reserve(n * d);
  rows.places.reserve(n);
}

void keep(const ContextReader::Seen& seen, KeptRows& rows) {
  rows.x.insert(rows.x.end(), seen.x.begin(), seen.x.end());
  rows.mean.insert(rows.mean.end(), seen.mean.begin(), seen.mean.end());
  rows.next.insert(rows.next.end(), seen.next.begin(), seen.next.end());
  rows.places.push_back({seen.i_dialogue, seen.i_turn});
}

void append(const KeptRows& more, KeptRows& rows) {
  rows.x.insert(rows.x.end(), more.x.begin(), more.x.end());
  rows.mean.insert(rows.mean.end(), more.mean.begin(), more.mean.end());
  rows.next.insert(rows.next.end(), more.next.begin(), more.next.end());
  rows.places.insert(rows.places.end(), more.places.begin(), more.places.end());
}

class Gathering {
 public:
  Gathering(const DialogueSource& dialogues, const ContextReader& context, ThreadPool& pool,
            const GoOn& go_on)
      : dialogues_(dialogues),
        context_(context),
        pool_(pool),
        go_on_(go_on),
        out_{.fit = reservoir::RidgeSums(context.d_x(), 2 * context.d()),
             .choose = reservoir::RidgeSums(context.d_x(), 2 * context.d())},
        rows_{Rows(out_.fit, pool), Rows(out_.choose, pool)},
        sum_(static_cast<std::size_t>(context.d()), 0) {}

  Result<TrainingRows> run() {
    QUERN_TRY(choose_strides());
    for (std::size_t first = 0; first < dialogues_.n_dialogues(); first += kWindow) {
      QUERN_TRY(read_window(first, std::min(kWindow, dialogues_.n_dialogues() - first)));
    }
    for (Rows& rest : rows_) QUERN_TRY(rest.flush());
    for (const double value : sum_) out_.mean.push_back(static_cast<float>(value / n_rows_));
    for (KeptRows& rows : kept_) {
      for (std::size_t at = 0; at < rows.next.size(); at += sum_.size()) {
        centre(std::span(rows.next).subspan(at, sum_.size()), out_.mean);
      }
    }
    out_.learn = std::move(kept_[kFit]);
    out_.n_fit = out_.learn.n();
    append(kept_[kChoose], out_.learn);
    out_.confidence = std::move(kept_[kConfidence]);
    return std::move(out_);
  }

 private:
  /// One in so many dialogues of each role is kept.
  Status choose_strides() {
    std::array<std::size_t, kRoles> n_rows = {};
    std::size_t n = 0;
    for (std::size_t i = 0; i < dialogues_.n_dialogues(); ++i) {
      QUERN_ASSIGN(const std::size_t n_turns, dialogues_.n_turns_of(i));
      if (n_turns >= 2) n_rows[role_of(n++)] += n_turns - 1;
    }
    std::array<std::size_t, kRoles> n_kept = {};
    for (const Role role : {kFit, kChoose, kConfidence}) {
      const std::size_t most = most_kept(role, context_);
      strides_[role] = std::max<std::size_t>(1, (n_rows[role] + most - 1) / most);
      n_kept[role] = std::min(most, n_rows[role]);
    }
    reserve(n_kept[kFit] + n_kept[kChoose], context_, kept_[kFit]);
    for (const Role role : {kChoose, kConfidence}) reserve(n_kept[role], context_, kept_[role]);
    return {};
  }

  Status read_window(std::size_t first, std::size_t n) {
    std::vector<std::size_t> which;
    std::vector<Use> uses(n);
    for (std::size_t i = 0; i < n; ++i) {
      QUERN_ASSIGN(const std::size_t n_turns, dialogues_.n_turns_of(first + i));
      if (n_turns < 2) continue;
      const Role role = role_of(out_.n_dialogues++);
      uses[i] = {.role = role, .is_kept = n_of_role_[role]++ % strides_[role] == 0};
      which.push_back(first + i);
    }
    return context_.read(dialogues_, which, pool_, [&](const ContextReader::Seen& seen) {
      return take(seen, uses[seen.i_dialogue - first]);
    });
  }

  struct Use {
    Role role = kFit;
    bool is_kept = false;
  };

  Status take(const ContextReader::Seen& seen, const Use& use) {
    const double share = static_cast<double>(n_seen_++) / static_cast<double>(dialogues_.n_turns());
    if (!go_on_(share)) return {Code::kCancelled, "the training was stopped"};
    if (seen.next.empty()) return {};
    KeptRows& kept = kept_[use.role];
    if (use.is_kept && kept.n() < most_kept(use.role, context_)) keep(seen, kept);
    if (use.role == kConfidence) return {};
    for (std::size_t c = 0; c < sum_.size(); ++c) sum_[c] += static_cast<double>(seen.next[c]);
    ++n_rows_;
    return rows_[use.role].add(seen);
  }

  const DialogueSource& dialogues_;
  const ContextReader& context_;
  ThreadPool& pool_;
  const GoOn& go_on_;
  TrainingRows out_;
  std::array<Rows, 2> rows_;  // Of kFit and kChoose.
  std::array<KeptRows, kRoles> kept_;
  std::array<std::size_t, kRoles> strides_ = {};
  std::array<std::size_t, kRoles> n_of_role_ = {};
  std::vector<double> sum_;
  double n_rows_ = 0;
  std::size_t n_seen_ = 0;
};

}  // namespace

Result<TrainingRows> training_rows(const DialogueSource& dialogues, const ContextReader& context,
                                   ThreadPool& pool, const GoOn& go_on) {
  return Gathering(dialogues, context, pool, go_on).run();
}

}  // namespace quern::apps
