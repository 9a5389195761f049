#include "apps/papers/paper_identity.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "base/char_class.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "store/byte_cursor.h"
#include "text/analysis/case_fold.h"

namespace quern::apps {
namespace {

constexpr std::size_t kPaperIdDigits = 40;
constexpr std::size_t kMaxNameBytes = 900;

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool starts_with_any_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return small(a) == small(b); });
}

/// Takes the first of the prefixes that fits off, again and again.
std::string_view without(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  for (bool was_found = true; was_found;) {
    was_found = false;
    for (const std::string_view prefix : prefixes) {
      if (!starts_with_any_case(text, prefix)) continue;
      text = trimmed(text.substr(prefix.size()));
      was_found = true;
    }
  }
  return text;
}

bool is_number_text(std::string_view text) {
  return !text.empty() && text.size() <= 15 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Sha256Digest digest_of_name(std::string_view name) {
  Sha256 sha;
  sha.add(store::bytes_of(name));
  return sha.digest();
}

// Leading zeros are none of a number's.
std::string plain_number(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return std::string(digits);
}

std::string plain_pmc(std::string_view id) { return plain_number(without(id, {"pmcid:", "pmc"})); }

struct SiteForm {
  std::string_view site;    // Host and path up to the id.
  std::string_view scheme;  // Of the name.
};
constexpr std::array kSites = {SiteForm{"arxiv.org/abs/", "arxiv"},
                               SiteForm{"arxiv.org/pdf/", "arxiv"},
                               SiteForm{"doi.org/", "doi"},
                               SiteForm{"dx.doi.org/", "doi"},
                               SiteForm{"dl.acm.org/doi/abs/", "doi"},
                               SiteForm{"dl.acm.org/doi/pdf/", "doi"},
                               SiteForm{"dl.acm.org/doi/", "doi"},
                               SiteForm{"biorxiv.org/content/", "doi"},
                               SiteForm{"medrxiv.org/content/", "doi"},
                               SiteForm{"aclweb.org/anthology/", "acl"},
                               SiteForm{"aclanthology.org/", "acl"},
                               SiteForm{"aclanthology.info/papers/", "acl"},
                               SiteForm{"pubmed.ncbi.nlm.nih.gov/", "pmid"}};

/// The id behind a site's path: without a query, an extension, a version.
std::string_view id_on_site(std::string_view scheme, std::string_view rest) {
  rest = rest.substr(0, std::min(rest.find_first_of("?#"), rest.size()));
  for (const std::string_view ending : {"/", ".full.pdf", ".full-text", ".full", ".pdf", ".bib"}) {
    if (rest.ends_with(ending)) rest.remove_suffix(ending.size());
  }
  if (scheme == "acl") return rest.substr(rest.rfind('/') + 1);
  if (scheme != "doi") return rest;
  // bioRxiv puts a version behind the DOI.
  const std::size_t v = rest.rfind('v');
  const bool is_version = v != rest.npos && v > 0 && rest[v - 1] >= '0' && rest[v - 1] <= '9' &&
                          is_number_text(rest.substr(v + 1)) && rest.starts_with("10.1101/");
  return is_version ? rest.substr(0, v) : rest;
}

Result<std::string> name_from_url(std::string_view url) {
  std::string_view rest = without(url, {"https://", "http://", "www."});
  for (const SiteForm& form : kSites) {
    if (!starts_with_any_case(rest, form.site)) continue;
    const std::string_view id = id_on_site(form.scheme, rest.substr(form.site.size()));
    if (!id.empty()) return name_from_api(fmt::format("{}:{}", form.scheme, id));
  }
  if (starts_with_any_case(rest, "semanticscholar.org/paper/") ||
      starts_with_any_case(rest, "api.semanticscholar.org/corpusid:")) {
    rest = rest.substr(0, std::min(rest.find_first_of("?#"), rest.size()));
    const std::string_view last = rest.substr(rest.rfind('/') + 1);
    return name_from_api(last);
  }
  return {Code::kBadInput,
          fmt::format("'{}' is no address of a paper on semanticscholar.org, arxiv.org, doi.org, "
                      "aclanthology.org, acm.org or biorxiv.org",
                      url.substr(0, 200))};
}

void add_name(std::vector<std::string>& names, std::string_view scheme, std::string id) {
  if (id.empty() || id.size() > kMaxNameBytes) return;
  names.push_back(fmt::format("{}:{}", scheme, id));
}

}  // namespace

std::string plain_doi(std::string_view doi) {
  return in_small_letters(without(
      trimmed(doi), {"https://", "http://", "dx.doi.org/", "www.doi.org/", "doi.org/", "doi:"}));
}

std::string plain_arxiv(std::string_view id) {
  id = without(trimmed(id), {"https://", "http://", "arxiv.org/abs/", "arxiv.org/pdf/", "arxiv:"});
  if (id.ends_with(".pdf")) id.remove_suffix(4);
  const std::size_t v = id.rfind('v');
  if (v != id.npos && v > 0 && is_number_text(id.substr(v + 1)) && id[v - 1] >= '0' &&
      id[v - 1] <= '9') {
    id = id.substr(0, v);
  }
  return in_small_letters(id);
}

std::string title_key(std::string_view title) {
  std::string out;
  bool is_apart = false;
  for (std::size_t at = 0; at < title.size();) {
    const Decoded c = decode_utf8(title, at);
    at += static_cast<std::size_t>(c.n_bytes);
    if (!c.valid || (!is_letter(c.code) && !is_number(c.code))) {
      is_apart = true;
      continue;
    }
    if (is_apart && !out.empty()) out += ' ';
    is_apart = false;
    append_utf8(text::folded(c.code), out);
  }
  if (out.size() > kMaxNameBytes) out.resize(kMaxNameBytes);
  return out;
}

std::vector<std::string_view> words_of_key(std::string_view key) {
  std::vector<std::string_view> out;
  while (!key.empty()) {
    const std::size_t end = std::min(key.find(' '), key.size());
    if (end > 0) out.push_back(key.substr(0, end));
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return out;
}

std::string last_name(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

std::string authors_in_short(const std::vector<PaperAuthor>& authors) {
  if (authors.empty()) return {};
  std::string out = last_name(authors[0].name);
  if (authors.size() == 2) out += " & " + last_name(authors[1].name);
  if (authors.size() > 2) out += " et al.";
  return out;
}

std::vector<std::string> names_of(const PaperIds& ids) {
  std::vector<std::string> names;
  add_name(names, "doi", plain_doi(ids.doi));
  add_name(names, "arxiv", plain_arxiv(ids.arxiv));
  add_name(names, "acl", in_small_letters(trimmed(ids.acl)));
  add_name(names, "pmid", plain_number(trimmed(ids.pubmed)));
  add_name(names, "pmc", plain_pmc(trimmed(ids.pmc)));
  add_name(names, "mag", plain_number(trimmed(ids.mag)));
  add_name(names, "dblp", in_small_letters(trimmed(ids.dblp)));
  add_name(names, "sha", in_small_letters(ids.paper_id));
  if (ids.corpus_id > 0) add_name(names, "corpusid", std::to_string(ids.corpus_id));
  return names;
}

std::string best_name(const PaperIds& ids, std::string_view title) {
  std::vector<std::string> names = names_of(ids);
  if (!names.empty()) return std::move(names[0]);
  std::string key = title_key(title);
  return key.empty() ? "" : "title:" + key;
}

PaperIds ids_of_name(std::string_view name) {
  const std::size_t colon = std::min(name.find(':'), name.size());
  const std::string_view scheme = name.substr(0, colon);
  const std::string id(name.substr(std::min(colon + 1, name.size())));
  PaperIds ids;
  if (scheme == "doi") ids.doi = id;
  if (scheme == "arxiv") ids.arxiv = id;
  if (scheme == "acl") {
    ids.acl = id;
    // As the Anthology writes them: P02-1040, 2020.acl-main.1.
    if (id.size() > 1 && id[0] >= 'a' && id[0] <= 'z' && id[1] >= '0' && id[1] <= '9') {
      ids.acl[0] = static_cast<char>(id[0] - 'a' + 'A');
    }
  }
  if (scheme == "pmid") ids.pubmed = id;
  if (scheme == "pmc") ids.pmc = id;
  if (scheme == "mag") ids.mag = id;
  if (scheme == "dblp") ids.dblp = id;
  if (scheme == "sha") ids.paper_id = id;
  if (scheme == "corpusid") std::from_chars(id.data(), id.data() + id.size(), ids.corpus_id);
  return ids;
}

std::int64_t corpus_id_of(std::string_view name) {
  // Semantic Scholar counts papers, some 10^9; half of 2^48 is above that.
  constexpr std::int64_t kHalf = std::int64_t{1} << 47;
  std::int64_t number = 0;
  const Sha256Digest digest = digest_of_name(name);
  for (std::size_t i = 0; i < 6; ++i) {
    number = number << 8 | std::to_integer<std::int64_t>(digest[i]);
  }
  return number | kHalf;
}

std::string paper_id_of(std::string_view name) {
  return sha256_hex(store::bytes_of(name)).substr(0, kPaperIdDigits);
}

Result<std::string> name_from_api(std::string_view text) {
  const std::string_view whole = trimmed(text);
  const std::string small_whole = in_small_letters(whole);
  if (is_paper_id(small_whole)) return "sha:" + small_whole;
  const std::size_t colon = whole.find(':');
  const auto refuse = [&]() -> Status {
    return {Code::kBadInput,
            fmt::format("'{}' is no id of a paper: want 40 hexadecimal digits or one of CorpusId:, "
                        "DOI:, ARXIV:, ACL:, MAG:, PMID:, PMCID:, DBLP:, URL:",
                        whole.substr(0, 200))};
  };
  if (colon == whole.npos) return refuse();
  const std::string scheme = in_small_letters(whole.substr(0, colon));
  const std::string_view id = trimmed(whole.substr(colon + 1));
  if (id.empty() || id.size() > kMaxNameBytes) return refuse();
  if (scheme == "url") return name_from_url(id);
  if (scheme == "doi") return "doi:" + plain_doi(id);
  if (scheme == "arxiv") return "arxiv:" + plain_arxiv(id);
  if (scheme == "acl" || scheme == "dblp") return scheme + ":" + in_small_letters(id);
  if (scheme == "pmcid" || scheme == "pmc") {
    const std::string digits = plain_pmc(id);
    return is_number_text(digits) ? Result<std::string>("pmc:" + digits) : refuse();
  }
  if (scheme == "corpusid" || scheme == "mag" || scheme == "pmid") {
    return is_number_text(id) ? Result<std::string>(scheme + ":" + plain_number(id)) : refuse();
  }
  return refuse();
}

std::string author_id_of(std::string_view name) {
  return std::to_string(corpus_id_of("author:" + title_key(name)));
}

}  // namespace quern::apps
