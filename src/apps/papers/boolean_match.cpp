// From a query's tree to documents: words become terms once, and then, in each segment, sets.

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/boolean_query.h"
#include "apps/papers/boolean_terms.h"
#include "store/lexical/phrase.h"
#include "store/lexical/postings.h"
#include "text/analysis/analyzer.h"

namespace quern::apps {
namespace {

using store::Bitmap;

enum class MatchOp { kAllOf, kAnyOf, kNot, kAllTerms, kAnyTerm, kPhrase };

/// A query with its words as they stand in dictionaries.
struct MatchNode {
  MatchOp op = MatchOp::kAllOf;
  std::vector<MatchNode> parts = {};       // Of the first three.
  store::QueryPart words = {.terms = {}};  // Of the others.
};

/// Makes nodes of queries; nothing of one whose words all have no term.
class MatchPlanner {
 public:
  using Planned = Result<std::optional<MatchNode>>;

  MatchPlanner(const store::Generation& generation, const BooleanField& field)
      : generation_(generation), field_(field), analyzer_(field.analyzer) {}

  Planned plan(const BooleanQuery& query) {
    switch (query.op) {
      case BooleanOp::kAnd:
        return joined(MatchOp::kAllOf, query);
      case BooleanOp::kOr:
        return joined(MatchOp::kAnyOf, query);
      case BooleanOp::kNot:
        return joined(MatchOp::kNot, query);
      case BooleanOp::kWord:
        return of_terms(MatchOp::kAllTerms, terms_of(query.text));
      case BooleanOp::kPhrase:
        return phrase(query);
      case BooleanOp::kPrefix:
      case BooleanOp::kFuzzy:
        if (++n_signs_ > kMaxBooleanSigns) {
          return {Code::kBadInput, fmt::format("more than {} words with * or ~", kMaxBooleanSigns)};
        }
        return query.op == BooleanOp::kPrefix ? prefix(query) : fuzzy(query);
    }
    return std::optional<MatchNode>();
  }

 private:
  Planned joined(MatchOp op, const BooleanQuery& query) {
    MatchNode out{.op = op};
    for (const BooleanQuery& part : query.parts) {
      QUERN_ASSIGN(std::optional<MatchNode> planned, plan(part));
      if (planned) out.parts.push_back(std::move(*planned));
    }
    if (out.parts.empty()) return std::optional<MatchNode>();
    return std::optional(std::move(out));
  }

  store::QueryPart terms_of(std::string_view text) {
    store::QueryPart out{.field = field_.index};
    analyzer_.analyze(text, [&](const text::Term& term) {
      if (term.is_overlap) return;
      out.terms.emplace_back(term.text);
      out.offsets.push_back(term.position);
    });
    return out;
  }

  static Planned of_terms(MatchOp op, store::QueryPart words) {
    if (words.terms.empty()) return std::optional<MatchNode>();
    return std::optional(MatchNode{.op = op, .words = std::move(words)});
  }

  Planned phrase(const BooleanQuery& query) {
    store::QueryPart words = terms_of(query.text);
    if (words.terms.size() < 2) return of_terms(MatchOp::kAllTerms, std::move(words));
    const std::uint32_t first = words.offsets.front();
    for (std::uint32_t& offset : words.offsets) offset -= first;
    words.slop = static_cast<std::uint32_t>(query.distance);
    return of_terms(MatchOp::kPhrase, std::move(words));
  }

  // The beginning of a word has no stem: only its case is the field's.
  Planned prefix(const BooleanQuery& query) {
    std::vector<std::string> beginnings;
    text::Analyzer("standard").analyze(query.text, [&](const text::Term& term) {
      beginnings.emplace_back(term.text);
    });
    MatchNode all{.op = MatchOp::kAllOf};
    for (std::size_t i = 0; i < beginnings.size(); ++i) {
      store::QueryPart words = terms_of(beginnings[i]);
      if (i + 1 == beginnings.size()) {
        QUERN_ASSIGN(const TermSet terms,
                     terms_with_prefix(generation_, field_.index, beginnings[i]));
        words.terms.insert(words.terms.end(), terms.begin(), terms.end());
      }
      const bool is_last = i + 1 == beginnings.size();
      if (words.terms.empty() && !is_last) continue;
      all.parts.push_back({.op = MatchOp::kAnyTerm, .words = std::move(words)});
    }
    if (all.parts.empty()) return std::optional<MatchNode>();
    return std::optional(std::move(all));
  }

  Planned fuzzy(const BooleanQuery& query) {
    MatchNode all{.op = MatchOp::kAllOf};
    for (const std::string& word : terms_of(query.text).terms) {
      QUERN_ASSIGN(const TermSet terms,
                   terms_within_edits(generation_, field_.index, word, query.distance));
      MatchNode& node = all.parts.emplace_back(MatchNode{.op = MatchOp::kAnyTerm});
      node.words.field = field_.index;
      node.words.terms.assign(terms.begin(), terms.end());
    }
    if (all.parts.empty()) return std::optional<MatchNode>();
    return std::optional(std::move(all));
  }

  const store::Generation& generation_;
  const BooleanField field_;
  text::Analyzer analyzer_;
  int n_signs_ = 0;
};

/// Finds the documents of nodes in one segment, the dead among them.
class SegmentMatcher {
 public:
  static Result<SegmentMatcher> open(const store::Segment& segment) {
    QUERN_ASSIGN(const store::LexicalPart* part, segment.lexical());
    return SegmentMatcher(segment, *part);
  }

  Result<Bitmap> find(const MatchNode& node) const {
    switch (node.op) {
      case MatchOp::kAllOf:
      case MatchOp::kAnyOf:
        return joined(node);
      case MatchOp::kNot: {
        QUERN_ASSIGN(const Bitmap without, find(node.parts[0]));
        Bitmap out = Bitmap::all(part_->n_docs);
        return std::move(out.subtract(without));
      }
      case MatchOp::kAllTerms:
      case MatchOp::kAnyTerm:
        return with_terms(node);
      case MatchOp::kPhrase:
        return with_phrase(node.words);
    }
    return Bitmap(part_->n_docs);
  }

 private:
  SegmentMatcher(const store::Segment& segment, const store::LexicalPart& part)
      : segment_(&segment), part_(&part) {}

  Result<Bitmap> joined(const MatchNode& node) const {
    QUERN_ASSIGN(Bitmap out, find(node.parts[0]));
    for (std::size_t i = 1; i < node.parts.size(); ++i) {
      QUERN_ASSIGN(const Bitmap more, find(node.parts[i]));
      node.op == MatchOp::kAllOf ? out &= more : out |= more;
    }
    return out;
  }

  Result<Bitmap> with_terms(const MatchNode& node) const {
    Bitmap out(part_->n_docs);
    for (std::size_t i = 0; i < node.words.terms.size(); ++i) {
      Bitmap one(part_->n_docs);
      QUERN_TRY(add_docs(node.words.field, node.words.terms[i], one));
      const bool narrows = node.op == MatchOp::kAllTerms && i > 0;
      narrows ? out &= one : out |= one;
    }
    return out;
  }

  Status add_docs(int field, std::string_view term, Bitmap& out) const {
    QUERN_ASSIGN(const auto info, part_->dictionary.find(field, term));
    if (!info) return {};
    QUERN_TRY(segment_->check_list(*info));
    QUERN_ASSIGN(const store::Postings postings,
                 store::Postings::open(part_->postings, *info, part_->n_docs));
    store::BlockValues docs;
    for (std::uint32_t block = 0; block < postings.n_blocks(); ++block) {
      const std::uint32_t n = postings.decode_docs(block, docs);
      if (n == 0) return {Code::kBadInput, "damaged postings"};
      for (std::uint32_t i = 0; i < n; ++i) out.set(docs[i]);
    }
    return {};
  }

  Result<Bitmap> with_phrase(const store::QueryPart& phrase) const {
    for (const std::string& term : phrase.terms) {
      QUERN_ASSIGN(const auto info, part_->dictionary.find(phrase.field, term));
      if (info) QUERN_TRY(segment_->check_list(*info));
    }
    constexpr store::InverseNorms kUnscored = {};
    QUERN_ASSIGN(const auto found, store::find_phrase(*part_, phrase, kUnscored));
    Bitmap out(part_->n_docs);
    for (const store::ScoredDoc& doc : found) out.set(doc.doc);
    return out;
  }

  const store::Segment* segment_;
  const store::LexicalPart* part_;
};

}  // namespace

Result<std::vector<Bitmap>> match_boolean_query(const BooleanQuery& query,
                                                const store::Generation& generation,
                                                const BooleanField& field) {
  QUERN_ASSIGN(const std::optional<MatchNode> node, MatchPlanner(generation, field).plan(query));
  std::vector<Bitmap> out;
  for (const store::SegmentView& view : generation.segments()) {
    Bitmap found(view.segment->n_docs());
    if (node) {
      QUERN_ASSIGN(const SegmentMatcher matcher, SegmentMatcher::open(*view.segment));
      QUERN_ASSIGN(found, matcher.find(*node));
    }
    out.push_back(std::move(found &= *view.live));
  }
  return out;
}

}  // namespace quern::apps
