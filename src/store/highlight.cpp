#include "store/highlight.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace quern::store {
namespace {

/// A term of a text, and where it stands.
struct Place {
  std::uint32_t position = 0;
  text::TextSpan span;
};

using Places = std::map<std::string, std::vector<Place>, std::less<>>;

Places places_of(text::Analyzer& analyzer, std::string_view utf8, const LexicalQuery& query,
                 int field) {
  Places places;
  for (const QueryClause& clause : query.clauses) {
    for (const QueryPart& part : clause.parts) {
      if (part.field != field || part.match == TermMatch::kPrefix) continue;
      for (const std::string& term : part.terms) places.try_emplace(term);
    }
  }
  analyzer.analyze(utf8, [&](const text::Term& term) {
    const auto found = places.find(term.text);
    if (found == places.end()) return;
    found->second.push_back({.position = term.position, .span = {term.begin, term.end}});
  });
  return places;
}

const Place* at_position(const std::vector<Place>& places, std::uint32_t position) {
  const auto found = std::lower_bound(
      places.begin(), places.end(), position,
      [](const Place& place, std::uint32_t wanted) { return place.position < wanted; });
  return found != places.end() && found->position == position ? &*found : nullptr;
}

/// Marks of one part of a question.
class Marker {
 public:
  Marker(std::uint32_t what, float weight, std::vector<text::Mark>& out)
      : what_(what), weight_(weight), out_(&out) {}

  void add(text::TextSpan span) {
    out_->push_back({.span = span, .what = what_, .weight = weight_});
  }

  void add_all(const std::vector<Place>& places) {
    for (const Place& place : places) add(place.span);
  }

  // Where all of its terms stand as in the question.
  void add_phrase(const QueryPart& part, const Places& places) {
    for (const Place& first : places.find(part.terms[0])->second) {
      std::vector<text::TextSpan> spans;
      for (std::size_t i = 0; i < part.terms.size(); ++i) {
        const Place* place = at_position(places.find(part.terms[i])->second,
                                         first.position + part.offsets[i] - part.offsets[0]);
        if (place != nullptr) spans.push_back(place->span);
      }
      if (spans.size() < part.terms.size()) continue;
      for (const text::TextSpan& span : spans) add(span);
    }
  }

 private:
  std::uint32_t what_;
  float weight_;
  std::vector<text::Mark>* out_;
};

float idf(std::uint64_t n_docs, std::int64_t df) {
  const auto n = static_cast<double>(n_docs);
  const auto with = static_cast<double>(df);
  return static_cast<float>(std::log(1 + (n - with + 0.5) / (with + 0.5)));
}

}  // namespace

Result<Highlighter> Highlighter::create(const Schema& schema) {
  std::vector<text::Analyzer> analyzers;
  for (const TextField& field : schema.fields) {
    QUERN_ASSIGN(text::Analyzer analyzer,
                 text::make_analyzer(field.analyzer).in("field '" + field.name + "'"));
    analyzers.push_back(std::move(analyzer));
  }
  return Highlighter(schema, std::move(analyzers));
}

Status Highlighter::set_question(std::string_view question, QuerySyntax syntax,
                                 const Generation& generation) {
  QUERN_ASSIGN(query_, query_from_text(question, schema_, analyzers_, syntax));
  std::erase_if(query_.clauses,
                [](const QueryClause& clause) { return clause.occur == Occur::kMustNot; });
  for (QueryClause& clause : query_.clauses) {
    for (QueryPart& part : clause.parts) {
      part.weight = 0;
      for (const std::string& term : part.terms) {
        if (part.match == TermMatch::kPrefix) continue;
        // A segment that is damaged has no say in what is shown.
        const auto df = generation.live_df(part.field, term);
        part.weight += idf(generation.row().n_live, df.ok() ? *df : 0);
      }
      part.weight = std::max(part.weight, 0.1f);
    }
  }
  return {};
}

std::vector<text::Mark> Highlighter::marks(std::size_t field, std::string_view utf8) {
  const auto i_field = static_cast<int>(field);
  const Places places = places_of(analyzers_[field], utf8, query_, i_field);
  std::vector<text::Mark> out;
  for (std::uint32_t what = 0; what < query_.clauses.size(); ++what) {
    for (const QueryPart& part : query_.clauses[what].parts) {
      if (part.field != i_field) continue;
      Marker marker(what, part.weight, out);
      switch (part.match) {
        case TermMatch::kTerm:
          marker.add_all(places.find(part.terms[0])->second);
          break;
        case TermMatch::kPhrase:
          if (part.slop == 0) {
            marker.add_phrase(part, places);
          } else {
            for (const std::string& term : part.terms) marker.add_all(places.find(term)->second);
          }
          break;
        case TermMatch::kPrefix:
          analyzers_[field].analyze(utf8, [&](const text::Term& term) {
            if (term.text.starts_with(part.terms[0])) marker.add({term.begin, term.end});
          });
          break;
      }
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const text::Mark& a, const text::Mark& b) {
    return a.span.begin < b.span.begin;
  });
  return out;
}

}  // namespace quern::store
