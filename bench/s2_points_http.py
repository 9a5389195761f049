"""The points of s2_conformance.py that are asked by plain HTTP."""
import re

from s2_fixture import ATTENTION, N_FILLERS, paper_id
from s2_session import point

A = ATTENTION["paperId"]


def ids(answer) -> list[int]:
    return sorted(paper["corpusId"] for paper in answer["data"])


@point(1, "without fields: paperId and title")
def usual(s):
    s.equal(s.get(f"paper/{A}"), {"paperId": A, "title": ATTENTION["title"]})


@point(2, "authors alone have authorId and name")
def authors(s):
    paper = s.get(f"paper/{A}?fields=year,authors")
    s.equal(sorted(paper), ["authors", "paperId", "year"])
    s.equal(paper["authors"], ATTENTION["authors"])


@point(3, "authors.hIndex brings the id along")
def h_index(s):
    for author in s.get(f"paper/{A}?fields=authors.hIndex")["authors"]:
        s.equal(sorted(author), ["authorId", "hIndex"])


@point(4, "an unknown field is named in brackets")
def unknown_field(s):
    for route in (f"paper/{A}", "paper/search?query=x", "author/77", f"paper/{A}/citations"):
        mark = "&" if "?" in route else "?"
        s.check("[nope]" in s.get(f"{route}{mark}fields=nope", 400)["error"], route)


@point(6, "prefixes in any case")
def prefixes(s):
    for name in ("corpusid:13756489", "CORPUSID:13756489", "doi:10.1093/mind/lix.236.433",
                 "arxiv:1706.03762", "ArXiv:1706.03762", "mag:2963403868", "acl:P17-9999",
                 "pmid:31415926", "pmcid:2718281", "url:https://arxiv.org/abs/1706.03762"):
        s.equal(s.get(f"paper/{name}")["paperId"], A, name)


@point(7, "a raw URL as an id, with citations behind it")
def raw_url(s):
    name = "URL:https://arxiv.org/abs/1706.03762"
    s.equal(s.get(f"paper/{name}/citations?limit=3")["next"], 3)
    s.equal(s.get(f"paper/{name}/references")["data"][0]["citedPaper"]["title"],
            "A work that is not here")
    s.equal(s.get(f"paper/{name}/authors")["data"][0]["authorId"], "40348417")


@point(10, "numbers are numbers, other ids strings")
def types(s):
    paper = s.get(f"paper/{A}?fields=corpusId,externalIds,year,citationCount,referenceCount,"
                  "influentialCitationCount,isOpenAccess,s2FieldsOfStudy,journal")
    s.check(type(paper["corpusId"]) is int, "corpusId")
    s.equal(paper["externalIds"], ATTENTION["externalIds"])
    for name in ("year", "citationCount", "referenceCount", "influentialCitationCount"):
        s.check(type(paper[name]) is int, name)
    s.check(paper["isOpenAccess"] is True, "isOpenAccess")
    venue = s.get(f"paper/{A}?fields=publicationVenue")["publicationVenue"]
    s.equal(set(venue), {"id", "name", "type", "alternate_names", "url"})
    s.check(all(type(name) is str for name in venue["alternate_names"]), "alternate_names")
    s.check(s.get("paper/CorpusId:401?fields=publicationVenue")["publicationVenue"] is None, "no venue")
    link = s.get("paper/CorpusId:401/citations?fields=contexts,intents,contextsWithIntent,isInfluential")["data"][0]
    s.equal(link["intents"], ["methodology"])
    s.equal(link["contextsWithIntent"], [{"context": link["contexts"][0], "intents": ["methodology"]}])
    s.check(link["isInfluential"] is True, "isInfluential")
    s.equal(paper["journal"], ATTENTION["journal"])
    s.equal(paper["s2FieldsOfStudy"][0]["category"], "Computer Science")
    s.equal(s.get("paper/CorpusId:301?fields=s2FieldsOfStudy")["s2FieldsOfStudy"], [])


@point(11, "publicationDate is null or ten characters")
def dates(s):
    found = s.get("paper/search?query=calendar&fields=publicationDate")["data"]
    s.equal(len(found), 9)
    for paper in found:
        date = paper["publicationDate"]
        s.check(date is None or re.fullmatch(r"\d{4}-\d\d-\d\d", date) is not None, str(date))


@point(13, "next is offset + limit, and absent on the last page")
def following(s):
    page = s.get("paper/search?query=calendar&limit=4")
    s.equal((page["offset"], page["next"], page["total"]), (0, 4, 9))
    s.equal(s.get("paper/search?query=calendar&limit=4&offset=4")["next"], 8)
    s.check("next" not in s.get("paper/search?query=calendar&limit=4&offset=8"), "last page")
    s.check("next" not in s.get("paper/search?query=calendar&limit=9"), "exactly full")
    s.equal(s.get(f"paper/{A}/citations?limit=7&offset=14")["next"], 21)
    s.check("next" not in s.get(f"paper/{A}/references?limit=1"), "references exactly full")


@point(15, "no hit")
def no_hit(s):
    s.equal(s.get("paper/search?query=xyzzyplugh"), {"total": 0, "offset": 0, "data": []})


@point(16, "limits")
def limits(s):
    for wrong in ("limit=101", "limit=0", "limit=abc", "limit=-1", "offset=-1", "offset=x"):
        s.get(f"paper/search?query=widget&{wrong}", 400)
    for wrong in ("limit=1001", "limit=0"):
        s.get(f"paper/{A}/citations?{wrong}", 400)
        s.get(f"snippet/search?query=x&{wrong}", 400)


@point(17, "a query is wanted")
def no_query(s):
    for route in ("paper/search", "paper/search/match", "paper/autocomplete", "author/search",
                  "snippet/search"):
        s.get(route, 400)
        s.get(f"{route}?query=", 400)
        s.get(f"{route}?query=+", 400)


@point(18, "year in four forms")
def years(s):
    for year, wanted in (("2019", [106]), ("2015-2019", [104, 105, 106]), ("-2014", [108]),
                         ("2020-", [101, 102, 103, 107])):
        s.equal(ids(s.get(f"paper/search?query=calendar&fields=corpusId&year={year}")), wanted, year)
    s.get("paper/search?query=calendar&year=abc", 400)


@point(19, "publicationDateOrYear in its forms")
def published(s):
    for text, wanted in (("2020-06", [101, 102]), ("2019:2020-06-15", [101, 106, 107]),
                         (":2015-01", [104, 108]), ("2020-06-16:", [102, 103]),
                         ("2020-06-15", [101]), ("2020", [101, 102, 103, 107])):
        for coded in (text, text.replace(":", "%3A")):
            found = s.get("paper/search?query=calendar&fields=corpusId"
                          f"&publicationDateOrYear={coded}")
            s.equal(ids(found), wanted, coded)
    s.get("paper/search?query=calendar&publicationDateOrYear=June", 400)


@point(20, "a year alone is its first day")
def year_alone(s):
    def among(text):
        found = s.get(f"paper/search?query=calendar&fields=corpusId&publicationDateOrYear={text}")
        return 107 in ids(found)
    s.check(among("2020-01-01"), "2020-01-01")
    s.check(among("2020-01"), "2020-01")
    s.check(not among("2020-01-02:"), "2020-01-02:")


@point(21, "openAccessPdf with and without a sign")
def open_access(s):
    for flag in ("openAccessPdf", "openAccessPdf="):
        s.equal(ids(s.get(f"paper/search?query=selection&fields=corpusId&{flag}")), [203], flag)


@point(22, "fieldsOfStudy is any of; an unknown one finds nothing")
def fields_of_study(s):
    def found(names):
        return ids(s.get(f"paper/search?query=selection&fields=corpusId&fieldsOfStudy={names}"))
    s.equal(found("Biology,Art"), [201, 202])
    s.equal(found("Biology%2CLinguistics"), [201, 203])
    s.equal(found("Astrology"), [])
    s.equal(ids(s.get("paper/search?query=selection&fields=corpusId&venue=Nature,ACL")), [201, 203])
    s.equal(ids(s.get("paper/search?query=selection&fields=corpusId&publicationTypes=Book,Review")),
            [201, 202])


@point(23, "minCitationCount includes its number")
def min_citations(s):
    def found(n):
        return ids(s.get(f"paper/search?query=selection&fields=corpusId&minCitationCount={n}"))
    s.equal(found(10), [202, 203])
    s.equal(found(11), [203])
    s.get("paper/search?query=selection&minCitationCount=many", 400)


@point(26, "the bulk query's signs")
def signs(s):
    for query, wanted in (("zebra", [301, 302, 304, 306]), ("zebra+%2B+migration", [301, 302, 306]),
                          ("zebra+migration", [301, 302, 306]),
                          ("zebra+%7C+giraffe", [301, 302, 303, 304, 306]),
                          ("zebra+-migration", [304]), ("%22zebra+migration%22", [301]),
                          ("%22migration+zebra%22", [306]),
                          ("%22migration+zebra%22~2", [301, 302, 306]), ("zebra*", [301, 302, 304, 305, 306]),
                          ("(zebra+%7C+giraffe)+-migration", [304]), ("zebar~2", [301, 302, 304, 306]),
                          ("girafe~1", [303, 304])):
        found = s.get(f"paper/search/bulk?fields=corpusId&query={query}")
        s.equal(ids(found), wanted, query)
        s.equal(found["total"], len(wanted), query)


@point(27, "sorting, stable, missing values last")
def sorting(s):
    def bulk(sort):
        return s.get(f"paper/search/bulk?query=widget&fields=citationCount&sort={sort}")["data"]
    for order, sign in (("desc", -1), ("asc", 1)):
        rows = [(sign * p["citationCount"], p["paperId"]) for p in bulk(f"citationCount:{order}")]
        s.equal(rows, sorted(rows), order)
        dates = [p["publicationDate"] for p in s.get(
            "paper/search/bulk?query=calendar&fields=publicationDate"
            f"&sort=publicationDate%3A{order}")["data"]]
        s.check(dates[-1] is None, f"{order}: {dates}")
    rows = [p["paperId"] for p in s.get("paper/search/bulk?query=widget")["data"]]
    s.equal(rows, sorted(rows))
    s.get("paper/search/bulk?query=widget&sort=title", 400)


@point(29, "autocomplete")
def autocomplete(s):
    for match in s.get("paper/autocomplete?query=atten")["matches"]:
        s.equal(sorted(match), ["authorsYear", "id", "title"])
        s.equal(match["id"], A)
    s.check(len(s.get("paper/autocomplete?query=atten")["matches"]) == 1, "one")
    s.check(isinstance(s.get("paper/autocomplete?query=" + "attention+" * 30)["matches"], list), "300")


@point(31, "a batch that is none")
def no_batch(s):
    s.post("paper/batch", {"ids": [A] * 501}, 400)
    s.equal(len(s.post("paper/batch", {"ids": [A] * 500})), 500)
    s.post("paper/batch", {"papers": [A]}, 400)
    s.post("paper/batch", status=400, raw=b"{not JSON")
    s.post("paper/batch", status=400, raw=b"")
    s.post("author/batch", {"ids": ["77"] * 1001}, 400)


@point(32, "fields of a batch are in the query")
def batch_fields(s):
    s.equal(s.post("paper/batch?fields=year", {"ids": [A], "fields": "nope"}),
            [{"paperId": A, "year": 2017}])
    s.post("paper/batch?fields=nope", {"ids": [A]}, 400)


@point(38, "paper cannot be chosen of snippets")
def snippet_paper(s):
    s.get("snippet/search?query=attention&fields=paper", 400)
    s.get("snippet/search?query=attention&fields=score", 400)


@point(39, "snippets of some papers, by all authors")
def snippet_filters(s):
    def found(more):
        return {hit["paper"]["corpusId"]
                for hit in s.get(f"snippet/search?query=attention+networks+abstract&{more}")["data"]}
    s.equal(found("paperIds=CorpusId:13756489"), {"13756489"})
    s.equal(found("paperIds=DOI:10.1093/mind/lix.236.433,CorpusId:424242"), {"13756489"})
    s.equal(found("paperIds=CorpusId:424242"), set())
    s.equal(found("authors=Ashish+Vaswani"), {"13756489"})
    s.equal(found("authors=Ashish+Vaswany"), {"13756489"}, "two edits")
    s.equal(found("authors=Vaswani,Shazeer"), {"13756489"})
    s.equal(found("authors=Vaswani&authors=Shazeer"), {"13756489"})
    s.equal(found("authors=Vaswani,Filler"), set())
    s.get("snippet/search?query=x&authors=" + ",".join("abcdefghijk"), 400)


@point(40, "insertedBefore is exclusive")
def inserted_before(s):
    # All of these were added when the test began.
    s.equal(s.get("snippet/search?query=attention&insertedBefore=2024")["data"], [])
    s.check(len(s.get("snippet/search?query=attention&insertedBefore=9999")["data"]) > 0, "9999")
    s.get("snippet/search?query=attention&insertedBefore=soon", 400)


@point(41, "snippets count code points, and have ids that are strings")
def snippet_places(s):
    hits = s.get("snippet/search?query=transformer+attention+recurrent&paperIds=CorpusId:13756489"
                 "&limit=5")["data"]
    s.check(len(hits) > 0, "there are some")
    for hit in hits:
        text, notes = hit["snippet"]["text"], hit["snippet"]["annotations"]
        s.check(hit["paper"]["corpusId"] == "13756489", "a string")
        for mention in notes["refMentions"]:
            s.check(isinstance(mention["matchedPaperCorpusId"], str), "a string")
        for place in notes["sentences"]:
            cut = text[place["start"]:place["end"]]
            s.check(cut[:1].isupper() and cut[-1:] in ".?!", cut)
        offset = hit["snippet"]["snippetOffset"]
        s.equal(offset["end"] - offset["start"], len(text))
    hit = s.get("snippet/search?query=strings&paperIds=CorpusId:402")["data"][0]["snippet"]
    mentions = hit["annotations"]["refMentions"]
    s.equal([m["matchedPaperCorpusId"] for m in mentions], ["401"])
    s.equal(hit["text"][mentions[0]["start"]:mentions[0]["end"]], "Tuner, 1977")
    long = s.get("snippet/search?query=tagging&limit=50", server=s.papers)["data"]
    s.check(len(long) > 10, "of full texts, too")
    for hit in long:
        if hit["snippet"]["snippetKind"] == "body":
            s.check(isinstance(hit["snippet"]["section"], str), "section")
        for place in hit["snippet"]["annotations"]["sentences"]:
            cut = hit["snippet"]["text"][place["start"]:place["end"]]
            s.check(cut == cut.strip() and cut != "", repr(cut[:60]))


@point(45, "every error is JSON with error and message, overload is 429")
def errors(s):
    for method, path, status in (("GET", "/graph/v1/nothing", 404), ("POST", "/graph/v1/nothing", 404),
                                 ("GET", "/graph/v1/paper/nothing", 404),
                                 ("POST", "/graph/v1/paper/search", 405),
                                 ("GET", "/graph/v1/author/0", 404), ("GET", "/datasets/v1/", 404),
                                 ("GET", "/recommendations/v1/papers/forpaper/x", 404)):
        s.sent(method, path, status, None)
    s.check(s.get("paper/search/match?query=xyzzyplugh", 404)["error"] == "Title match not found", "")


@point(48, "every coding means the same, slashes are kept")
def codings(s):
    wanted = s.get("paper/search?query=widget+study+7&fields=title,year&limit=3")
    for query in ("query=widget%20study%207&fields=title%2Cyear&limit=3",
                  "limit=3&fields=title,%20year&query=widget+study+7"):
        s.equal(s.get(f"paper/search?{query}"), wanted, query)
    s.equal(s.get("paper/URL:https%3A%2F%2Farxiv.org%2Fabs%2F1706.03762")["paperId"], A)
    s.equal(s.get("paper/DOI:10.1093%2Fmind%2Flix.236.433")["paperId"], A)
    s.equal(s.get("paper/search?query=b%C3%A9zier&fields=corpusId")["data"][0]["paperId"], A)
    s.equal(s.get("paper/DOI:10.1093//mind/lix.236.433", 404)["error"][-9:], "not found")
    s.equal(s.get(f"paper/{paper_id(101)}?fields=corpusId")["corpusId"], 101)
    s.check(N_FILLERS > 1000, "more than the window")
