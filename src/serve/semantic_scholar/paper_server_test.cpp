// The routes of a library of papers over real sockets.

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "serve/semantic_scholar/fake_paper_library.h"
#include "serve/test_model_server.h"

namespace quern::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

apps::Paper attention() {
  apps::Paper paper;
  paper.ids = {.paper_id = std::string(40, 'a'),
               .corpus_id = 13756489,
               .doi = "10.1093/mind/lix.236.433",
               .arxiv = "1706.03762"};
  paper.title = "Attention Is All You Need";
  paper.abstract = "We propose a new simple network architecture.";
  paper.authors = {{.name = "Ashish Vaswani", .id = "1"}, {.name = "Noam Shazeer"}};
  paper.year = 2017;
  paper.n_citations = 9;
  return paper;
}

apps::PaperLink link_to(const std::string& title) {
  apps::PaperLink out;
  out.contexts = {.texts = {"As in [1]."}, .intents = {{"background"}}, .is_influential = true};
  out.paper.paper.title = title;
  return out;
}

class paper_server : public ModelServerTest {
 protected:
  void SetUp() override {
    ModelServerTest::SetUp();
    library_.add(attention());
    for (int i = 2; i <= 6; ++i) {
      apps::Paper paper;
      paper.ids.corpus_id = i;
      paper.title = "Graph " + std::to_string(i);
      paper.authors = {{.name = "Ada Writer", .id = "2"}};
      paper.year = 2010 + i;
      library_.add(paper);
    }
    library_.people = {{.id = "1", .name = "Ashish Vaswani", .n_papers = 1, .h_index = 1},
                       {.id = "2", .name = "Ada Writer", .n_papers = 5, .h_index = 2}};
    options_.papers.library = &library_;
    start_with(options_);
  }
  json get(const std::string& target, int status = 200) {
    return answer("GET", "/graph/v1/" + target, {}, status);
  }
  json post(const std::string& target, const json& body, int status = 200) {
    return answer("POST", "/graph/v1/" + target, body, status);
  }

  FakePaperLibrary library_;
  ServerOptions options_;
};

const std::string kAttention = std::string(40, 'a');

}  // namespace

TEST_F(paper_server, a_paper_is_found_by_ids_that_lie_raw_in_the_path) {
  EXPECT_EQ(get("paper/" + kAttention),
            (json{{"paperId", kAttention}, {"title", "Attention Is All You Need"}}));
  for (const char* id :
       {"CorpusId:13756489", "DOI:10.48550/arXiv.1706.03762", "10.1093/mind/lix.236.433",
        "DOI:10.1093/mind/lix.236.433", "DOI:10.1093%2Fmind%2Flix.236.433",
        "URL:https://arxiv.org/abs/1706.03762", "URL:https%3A%2F%2Farxiv.org%2Fabs%2F1706.03762"}) {
    EXPECT_EQ(get(std::string("paper/") + id)["paperId"], kAttention) << id;
    EXPECT_EQ(get(std::string("paper/") + id + "/citations")["data"], json::array()) << id;
  }
  EXPECT_EQ(get("paper/DOI:10.1093/mind/lix.236.433/")["paperId"], kAttention);
  EXPECT_THAT(get("paper/DOI:10.1/none", 404)["error"].get<std::string>(),
              HasSubstr("Paper with id DOI:10.1/none not found"));
  get("paper/nonsense", 404);
  get("paper/citations", 404);
}

TEST_F(paper_server, fields_say_what_there_is) {
  const json paper = get("paper/" + kAttention + "?fields=year,authors");
  EXPECT_EQ(paper, (json{{"paperId", kAttention},
                         {"year", 2017},
                         {"authors",
                          {{{"authorId", "1"}, {"name", "Ashish Vaswani"}},
                           {{"authorId", nullptr}, {"name", "Noam Shazeer"}}}}}));
  const json counted = get("paper/" + kAttention + "?fields=authors.hIndex");
  EXPECT_EQ(counted["authors"][0], (json{{"authorId", "1"}, {"hIndex", 1}}));
  EXPECT_EQ(counted["authors"][1], (json{{"authorId", nullptr}, {"hIndex", nullptr}}));
  EXPECT_THAT(get("paper/" + kAttention + "?fields=nope", 400)["error"].get<std::string>(),
              HasSubstr("[nope]"));
  const json vector = get("paper/" + kAttention + "?fields=embedding");
  EXPECT_EQ(vector["embedding"], (json{{"model", "minilm"}, {"vector", {0.5, -1}}}));
  // Another model's vectors are not SPECTER2's.
  EXPECT_TRUE(get("paper/" + kAttention + "?fields=embedding.specter_v2")["embedding"].is_null());
}

TEST_F(paper_server, citations_and_references_come_in_pages_and_inside) {
  for (int i = 0; i < 5; ++i) {
    library_.citing[13756489].push_back(link_to("C" + std::to_string(i)));
  }
  library_.cited[13756489] = {link_to("R")};
  const std::string paper = "paper/" + kAttention;
  const json page = get(paper + "/citations?offset=0&limit=2");
  EXPECT_EQ(page["next"], 2);
  EXPECT_EQ(page["data"][0], (json{{"citingPaper", {{"paperId", nullptr}, {"title", "C0"}}}}));
  const json last = get(paper +
                        "/citations?offset=4&limit=2&fields=contexts,intents,"
                        "contextsWithIntent,isInfluential,title");
  EXPECT_FALSE(last.contains("next"));
  EXPECT_EQ(last["data"].size(), 1u);
  EXPECT_EQ(last["data"][0]["contexts"], json::array({"As in [1]."}));
  EXPECT_EQ(last["data"][0]["intents"], json::array({"background"}));
  EXPECT_EQ(last["data"][0]["contextsWithIntent"][0]["context"], "As in [1].");
  EXPECT_EQ(last["data"][0]["isInfluential"], true);
  EXPECT_EQ(last["data"][0]["citingPaper"]["title"], "C4");
  EXPECT_FALSE(get(paper + "/citations?limit=5").contains("next"));  // Exactly full.
  EXPECT_EQ(get(paper + "/references")["data"][0]["citedPaper"]["title"], "R");
  const json nested = get(paper + "?fields=citations.title,references");
  EXPECT_EQ(nested["citations"].size(), 5u);
  EXPECT_EQ(nested["references"][0]["title"], "R");
  get(paper + "/citations?offset=9999&limit=1", 400);
  EXPECT_EQ(get(paper + "/authors?fields=hIndex")["data"][0]["hIndex"], 1);
}

TEST_F(paper_server, a_search_has_pages_that_clients_follow) {
  const json page = get("paper/search?query=Graph&limit=2&fields=title");
  EXPECT_EQ(page["total"], 5);
  EXPECT_EQ(page["offset"], 0);
  EXPECT_EQ(page["next"], 2);
  EXPECT_EQ(page["data"][1]["title"], "Graph 3");
  EXPECT_FALSE(get("paper/search?query=Graph&limit=5").contains("next"));
  EXPECT_EQ(get("paper/search?query=none"),
            (json{{"total", 0}, {"offset", 0}, {"data", json::array()}}));
  get("paper/search?query=Graph&year=2012-&openAccessPdf&venue=ACL");
  EXPECT_TRUE(library_.asked.filter.is_open_access);
  EXPECT_EQ(library_.asked.filter.venues, std::vector<std::string>{"ACL"});
  // A client's stray parameter, made by a '&' that it did not escape.
  EXPECT_EQ(get("paper/search?query=Graph+&+neural=&fields=title")["total"], 5);
  for (const char* wrong : {"limit=101", "limit=0", "limit=abc", "offset=1000", "offset=-1",
                            "offset=950", "year=abc", "fields=nope"}) {
    const json error = get(std::string("paper/search?query=Graph&") + wrong, 400);
    EXPECT_TRUE(error["error"].is_string() && error["message"].is_string()) << wrong;
  }
  get("paper/search", 400);
  get("paper/search?query=", 400);
}

TEST_F(paper_server, no_next_leads_beyond_the_window) {
  for (int i = 0; i < 1100; ++i) {
    apps::Paper paper;
    paper.ids.corpus_id = 100 + i;
    paper.title = "many";
    library_.add(paper);
  }
  EXPECT_EQ(get("paper/search?query=many&offset=800&limit=100")["next"], 900);
  EXPECT_FALSE(get("paper/search?query=many&offset=900&limit=100").contains("next"));
  EXPECT_FALSE(get("paper/search?query=many&offset=960&limit=30").contains("next"));
}

TEST_F(paper_server, bulk_goes_on_by_token) {
  for (int i = 0; i < 1500; ++i) {
    apps::Paper paper;
    paper.ids.corpus_id = 100 + i;
    paper.title = "many";
    library_.add(paper);
  }
  const json first =
      get("paper/search/bulk?query=many&offset=300&limit=100&sort=citationCount:desc");
  EXPECT_EQ(first["total"], 1500);
  EXPECT_EQ(first["data"].size(), 1000u);
  EXPECT_EQ(library_.bulk_asked.sort, apps::BulkSort::kCitationCount);
  EXPECT_TRUE(library_.bulk_asked.is_descending);
  const json last = get("paper/search/bulk?query=many&token=" + first["token"].get<std::string>());
  EXPECT_EQ(last["data"].size(), 500u);
  EXPECT_FALSE(last.contains("token"));
  for (const char* wrong : {"token=abc", "token=00000000000003E80000", "sort=title",
                            "sort=paperId:up", "fields=citations", "query=("}) {
    get(std::string("paper/search/bulk?query=many&") + wrong,
        std::string_view(wrong) == "query=(" ? 200 : 400);  // The first of a name counts.
  }
  EXPECT_THAT(get("paper/search/bulk?query=(", 400)["error"].get<std::string>(),
              HasSubstr("byte 1"));
}

TEST_F(paper_server, titles_are_matched_and_completed) {
  const json match = get("paper/search/match?query=Attention&fields=year");
  EXPECT_EQ(match["data"].size(), 1u);
  EXPECT_EQ(match["data"][0]["matchScore"], 97.5);
  EXPECT_EQ(match["data"][0]["year"], 2017);
  EXPECT_EQ(get("paper/search/match?query=none", 404)["error"], "Title match not found");
  EXPECT_EQ(get("paper/autocomplete?query=Attention")["matches"][0],
            (json{{"id", kAttention}, {"title", "a title"}, {"authorsYear", "Who, 2017"}}));
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "%C3%BC";
  EXPECT_EQ(get("paper/autocomplete?query=" + umlauts)["matches"], json::array());
  EXPECT_EQ(library_.typed.size(), 200u);  // A hundred characters.
}

TEST_F(paper_server, a_batch_has_an_answer_for_each_id) {
  const json ids = {"CorpusId:2", "CorpusId:999", "nonsense", kAttention, "CorpusId:2"};
  const json all = post("paper/batch?fields=title,externalIds", {{"ids", ids}, {"fields", "nope"}});
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0]["title"], "Graph 2");
  EXPECT_TRUE(all[1].is_null());
  EXPECT_TRUE(all[2].is_null());
  EXPECT_EQ(all[3]["externalIds"]["CorpusId"], 13756489);
  EXPECT_EQ(all[4], all[0]);
  EXPECT_EQ(post("paper/batch", {{"ids", json::array()}}), json::array());
  post("paper/batch", {{"ids", json(501, "CorpusId:2")}}, 400);
  post("paper/batch", {{"papers", ids}}, 400);
  post("paper/batch", {{"ids", {1, 2}}}, 400);
  EXPECT_EQ(ask("POST", "/graph/v1/paper/batch", "{").status, 400);
  EXPECT_EQ(ask("POST", "/graph/v1/paper/batch", "").status, 400);
}

TEST_F(paper_server, too_many_nested_papers_are_refused) {
  library_.citing[2] = std::vector<apps::PaperLink>(1000, link_to("C"));
  const auto batch = [&](std::size_t n, int status) {
    return post("paper/batch?fields=citations.title", {{"ids", json(n, "CorpusId:2")}}, status);
  };
  EXPECT_EQ(batch(9, 200).size(), 9u);
  EXPECT_THAT(batch(10, 400)["error"].get<std::string>(), HasSubstr("9999"));
}

TEST_F(paper_server, authors_are_found_with_their_papers) {
  EXPECT_EQ(get("author/2"), (json{{"authorId", "2"}, {"name", "Ada Writer"}}));
  const json author = get("author/2?fields=paperCount,papers.year");
  EXPECT_EQ(author["paperCount"], 5);
  EXPECT_EQ(author["papers"].size(), 5u);
  EXPECT_EQ(author["papers"][0].size(), 2u);
  get("author/77", 404);
  get("author/77/papers", 404);
  EXPECT_EQ(get("author/2/papers?limit=2&offset=1")["next"], 3);
  const json recent = get("author/2/papers?publicationDateOrYear=2014:&fields=year");
  EXPECT_EQ(recent["data"].size(), 3u);  // 2014 to 2016, by their years alone.
  EXPECT_EQ(get("author/2/papers?publicationDateOrYear=2014-02:")["data"].size(), 2u);
  const json found = get("author/search?query=Ada&fields=hIndex");
  EXPECT_EQ(found["total"], 1);
  EXPECT_EQ(found["data"][0], (json{{"authorId", "2"}, {"hIndex", 2}}));
  const json batch = post("author/batch", {{"ids", {"2", "77", "1"}}});
  EXPECT_EQ(batch.size(), 3u);
  EXPECT_TRUE(batch[1].is_null());
  post("author/batch", {{"ids", json(1001, "2")}}, 400);
}

TEST_F(paper_server, snippets_are_restricted_to_papers_that_there_are) {
  library_.passages = {{.corpus_id = 13756489, .text = "We propose.", .score = 0.5}};
  const json found = get("snippet/search?query=x&fields=snippet.text");
  EXPECT_EQ(found["data"][0]["snippet"], (json{{"text", "We propose."}}));
  EXPECT_EQ(found["data"][0]["score"], 0.5);
  EXPECT_TRUE(found["retrievalVersion"].is_string());
  EXPECT_EQ(library_.asked.n_wanted, 10u);
  get("snippet/search?query=x&limit=256&paperIds=CorpusId:2,CorpusId:999,DOI:10.1093/mind/"
      "lix.236.433");
  EXPECT_EQ(library_.asked.filter.corpus_ids, (std::vector<std::int64_t>{2, 13756489}));
  EXPECT_EQ(get("snippet/search?query=x&paperIds=CorpusId:999")["data"], json::array());
  get("snippet/search?query=x&fields=paper", 400);
  get("snippet/search?query=x&limit=1001", 400);
  get("snippet/search", 400);
}

TEST_F(paper_server, papers_like_others_are_recommended) {
  const auto list = [&](const json& body, int status = 200) {
    return answer("POST", "/recommendations/v1/papers/?limit=2&fields=title", body, status);
  };
  const json one = answer("GET", "/recommendations/v1/papers/forpaper/CorpusId:2?from=all-cs");
  EXPECT_EQ(one["recommendedPapers"].size(), 6u);
  EXPECT_EQ(library_.liked, std::vector<std::int64_t>{2});
  const json two = list({{"positivePaperIds", {kAttention}}, {"negativePaperIds", {"CorpusId:3"}}});
  EXPECT_EQ(two["recommendedPapers"].size(), 2u);
  EXPECT_EQ(library_.unliked, std::vector<std::int64_t>{3});
  list({{"positivePaperIds", {kAttention}}, {"negativePaperIds", nullptr}});
  EXPECT_TRUE(library_.unliked.empty());
  list({{"positivePaperIds", nullptr}}, 400);
  EXPECT_THAT(list({{"positivePaperIds", {"CorpusId:999"}}}, 404)["error"].get<std::string>(),
              HasSubstr("CorpusId:999"));
  answer("GET", "/recommendations/v1/papers/forpaper/CorpusId:2?from=x", {}, 400);
}

TEST_F(paper_server, errors_are_ones_that_its_clients_tell) {
  const json nothing = answer("GET", "/datasets/v1/release/latest", {}, 404);
  EXPECT_EQ(nothing["error"], nothing["message"]);
  EXPECT_TRUE(answer("GET", "/datasets/v1/", {}, 404)["error"].is_string());
  get("nothing", 404);
  post("nothing", {}, 404);
  library_.broken = {Code::kExhausted, "no memory"};
  const Answer busy = ask("GET", "/graph/v1/paper/search?query=x");
  EXPECT_EQ(busy.status, 429);  // They take 503 for an empty answer.
  EXPECT_EQ(busy.headers.at("retry-after"), "2");
  EXPECT_EQ(json::parse(busy.body)["code"], "429");
  const Answer too_long = ask("GET", "/graph/v1/paper/search?query=" + std::string(20'000, 'x'));
  EXPECT_EQ(too_long.status, 400);  // Of 431 they think nothing, either.
  EXPECT_TRUE(json::parse(too_long.body)["error"].is_string());
  library_.broken = {Code::kIo, "disk"};
  EXPECT_EQ(get("paper/search?query=x", 500)["message"], "disk");
}

TEST_F(paper_server, keys_are_asked_for_where_the_server_has_one) {
  const auto status = [&](const std::string& headers) {
    TestClient client(server_->port());
    return client.get("/graph/v1/paper/CorpusId:2", headers).status;
  };
  EXPECT_EQ(status("x-api-key: any\r\n"), 200);
  EXPECT_EQ(status("x-api-key:\r\n"), 200);
  options_.api_key = "secret";
  start_with(options_);
  EXPECT_EQ(status("x-api-key: secret\r\n"), 200);
  EXPECT_EQ(status("x-api-key: wrong\r\n"), 403);
  EXPECT_EQ(status(""), 403);
}

TEST_F(paper_server, the_origins_routes_answer_the_same) {
  const std::string origin = "/api/v1/semantic_scholar_api/";
  EXPECT_EQ(answer("GET", origin + "paper/search?query=Graph"), get("paper/search?query=Graph"));
  EXPECT_EQ(answer("GET", origin + "snippet/search?query=x"), get("snippet/search?query=x"));
  EXPECT_EQ(answer("GET", origin + "health")["status"], "healthy");
  answer("GET", origin + "other", {}, 404);
}

TEST_F(paper_server, its_routes_and_fields_are_described_to_programs) {
  const json document = get("swagger.json");
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["paths"].size(), 16u);
  // Every member that an answer has is in the schema, and the other way round.
  const json& members = document["components"]["schemas"]["Paper"]["properties"];
  std::string fields;
  for (const auto& [name, schema] : members.items()) {
    if (name != "matchScore") fields += name + ",";
  }
  const json paper = get("paper/" + kAttention + "?fields=" + fields);
  EXPECT_EQ(paper.size(), members.size() - 1);
  const json& of_author = document["components"]["schemas"]["Author"]["properties"];
  fields.clear();
  for (const auto& [name, schema] : of_author.items()) fields += name + ",";
  EXPECT_EQ(get("author/2?fields=" + fields).size(), of_author.size());
  // Every reference leads somewhere.
  const std::string text = document.dump();
  constexpr std::string_view kReference = "\"$ref\":\"#";
  for (std::size_t at = text.find(kReference); at != text.npos;
       at = text.find(kReference, at + 1)) {
    const std::size_t begin = at + kReference.size();
    const json::json_pointer place(text.substr(begin, text.find('"', begin) - begin));
    EXPECT_TRUE(document.contains(place)) << place.to_string();
  }
}

TEST_F(paper_server, without_a_library_there_are_no_such_routes) {
  options_.papers.library = nullptr;
  start_with(options_);
  answer("GET", "/graph/v1/paper/CorpusId:2", {}, 404);
}

}  // namespace quern::serve
