#include "apps/papers/import/paper_json.h"

#include "apps/json_object.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/markup_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_forms.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

// The first that fits: those that say most of themselves stand before those that say little.
constexpr PaperJsonForm kPaperJsonForms[] = {
    {is_s2orc_annotated, paper_of_s2orc_annotated},
    {is_s2orc_paragraphs, paper_of_s2orc_paragraphs},
    {is_scisumm, paper_of_scisumm},
    {is_arxiv, paper_of_arxiv},
    {is_bibliographic, paper_of_bibliographic},
    {is_scholar, paper_of_scholar},
    {is_plain_document, paper_of_plain_document},
};

}  // namespace

Result<PaperRecord> paper_record_from_json(std::string_view line) {
  if (!is_valid_utf8(line)) return {Code::kBadInput, "it is not UTF-8"};
  QUERN_ASSIGN(const PaperJson object, object_from_json(line));
  PaperRecord out;
  out.key = line_field(object, {"_id", "paper_id", "corpusid", "corpusId", "paperId", "acl_id",
                                "ID", "id", "doc_id", "docid", "DOI", "doi"});
  for (const PaperJsonForm& form : kPaperJsonForms) {
    if (!form.fits(object)) continue;
    out.paper = form.read(object);
    out.paper.title = one_line(without_markup(out.paper.title));
    out.paper.abstract = without_markup(out.paper.abstract);
    complete_ids(out.paper.ids);
    if (out.paper.year == 0) out.paper.year = year_in(out.paper.date);
    const bool has_name = !out.paper.title.empty() || out.paper.ids != PaperIds();
    if (has_name) return out;
    return {Code::kBadInput, "it has neither a title nor an id"};
  }
  return {Code::kBadInput, "it is no paper: no title, no text, and no id of one"};
}

Result<Paper> paper_from_json(std::string_view line) {
  QUERN_ASSIGN(PaperRecord record, paper_record_from_json(line));
  return std::move(record.paper);
}

std::vector<std::string> records_within_json(std::string_view text) {
  std::vector<std::string> out;
  const Result<PaperJson> object = object_from_json(text);
  if (!object.ok() || field_of(*object, {"title", "_id", "paperId", "body_text"}) != nullptr) {
    return out;
  }
  const PaperJson* const message = field_of(*object, {"message"});
  const PaperJson& inner = message != nullptr && message->is_object() ? *message : *object;
  for (const PaperJson& item :
       list_field(inner, {"data", "papers", "items", "results", "matches", "recommendedPapers"})) {
    const PaperJson* const paper = field_of(item, {"citedPaper", "citingPaper", "paper"});
    const PaperJson& record = paper != nullptr && paper->is_object() ? *paper : item;
    if (record.is_object()) out.push_back(record.dump());
  }
  return out;
}

}  // namespace quern::apps
