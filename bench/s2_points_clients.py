"""The points of s2_conformance.py that are asked through clients: the official one, and ScholarQA's."""
import importlib
import os
import shutil
import sys
import threading
import time
import unittest.mock

import fake_llm
from s2_fixture import ATTENTION, N_CITING, N_FILLERS
from s2_points_http import A, ids
from s2_session import LeftOut, Session, point


def client(s: Session, server=None, **more):
    try:
        import semanticscholar  # pylint: disable=import-outside-toplevel
    except ImportError as why:
        raise LeftOut(str(why)) from why
    return semanticscholar.SemanticScholar(api_url=(server or s.fixture).url, **more)


def failure(name: str) -> type:
    from semanticscholar import SemanticScholarException  # pylint: disable=import-outside-toplevel
    return getattr(SemanticScholarException, name)


@point(5, "get_paper by each form of an id")
def id_forms(s):
    sch = client(s)
    for name in (A, "CorpusId:13756489", "DOI:10.1093/mind/lix.236.433",
                 "10.1093/mind/lix.236.433", "ARXIV:1706.03762", "ARXIV:1706.03762v5",
                 "DOI:10.48550/arXiv.1706.03762", "MAG:2963403868", "ACL:P17-9999",
                 "PMID:31415926", "PMCID:2718281", "URL:https://arxiv.org/abs/1706.03762",
                 f"URL:https://www.semanticscholar.org/paper/{A}"):
        s.equal(sch.get_paper(name, fields=["title"]).paperId, A, name)


@point(8, "an unknown id is not found")
def unknown_id(s):
    sch = client(s)
    for name in ("0" * 40, "CorpusId:424242", "DOI:10.1/none", "nonsense"):
        s.raises(failure("ObjectNotFoundException"), lambda n=name: sch.get_paper(n), name)
    s.raises(failure("ObjectNotFoundException"), lambda: sch.get_author("0"), "author")
    s.raises(failure("BadQueryParametersException"),
             lambda: sch.get_paper(A, fields=["nope"]), "a field")


@point(9, "get_paper with all it asks for")
def whole_paper(s):
    sch = client(s)
    paper = sch.get_paper(A)
    from semanticscholar.Paper import Paper  # pylint: disable=import-outside-toplevel
    for name in Paper.FIELDS:
        first, _, second = name.partition(".")
        s.check(first in paper.raw_data, name)
        for inner in paper.raw_data[first][:3] if second else ():
            s.check(second in inner, name)
    s.equal(paper.publicationDate.year, 2017)
    s.equal(len(paper.citations), 1000)
    s.check(paper.citationStyles["bibtex"].startswith("@"), "bibtex")
    s.equal(paper.tldr.text, "A network of attention alone.")
    s.equal(paper.authors[0].name, "Ashish Vaswani")


@point(12, "a search of several pages")
def pages(s):
    results = client(s).search_paper("followup", limit=100)
    s.equal((results.total, results.offset, results.next), (1000, 0, 100))
    results.next_page()
    s.equal(results.offset, 100)
    s.equal(len(results.items), 200)
    s.equal(len({p.paperId for p in results.items}), 200, "no paper twice")


@point(14, "a search ends at 1,000")
def window(s):
    papers = list(client(s).search_paper("widget", fields=["title"], limit=100))
    s.equal(len(papers), 1000)
    s.equal(len({p.paperId for p in papers}), 1000, "no paper twice")
    s.get("paper/search?query=widget&offset=1000", 400)
    s.get("paper/search?query=widget&offset=950&limit=100", 400)
    s.equal(len(list(client(s).search_paper("widget", fields=["title"], limit=30))), 990)


@point(24, "a query with a sign that the client does not escape")
def ampersand(s):
    s.check(len(client(s).search_paper("attention & neural").items) >= 0, "no error")


@point(25, "bulk goes on by token")
def bulk(s):
    results = client(s).search_paper("widget", bulk=True, fields=["title"], sort="citationCount:desc")
    papers = list(results)
    s.equal(results.total, N_FILLERS)
    s.equal(len(papers), N_FILLERS)
    s.equal(len({p.paperId for p in papers}), N_FILLERS)
    first = s.get("paper/search/bulk?query=widget&offset=500&limit=100")
    s.equal(len(first["data"]), 1000)
    last = s.get(f"paper/search/bulk?query=widget&token={first['token']}")
    s.check("token" not in last, "the last has none")
    s.get("paper/search/bulk?query=widget&token=abc", 400)
    s.get("paper/search/bulk?query=widget&fields=citations", 400)


@point(28, "a title's match")
def match(s):
    sch = client(s)
    paper = sch.search_paper("Attention is all you need", match_title=True)
    s.equal(paper.paperId, A)
    s.check(isinstance(paper.raw_data["matchScore"], float), "matchScore")
    s.raises(failure("ObjectNotFoundException"),
             lambda: sch.search_paper("xyzzy plugh", match_title=True), "no match")


@point(30, "a batch in its order")
def batch(s):
    sch = client(s)
    names = ["CorpusId:101", "CorpusId:424242", "10.1093/mind/lix.236.433", "CorpusId:101",
             "nonsense"]
    raw = s.post("paper/batch?fields=corpusId", {"ids": names})
    s.equal([p and p["corpusId"] for p in raw], [101, None, 13756489, 101, None])
    s.equal([p.corpusId for p in sch.get_papers(names, fields=["corpusId"])], [101, 13756489, 101])


@point(33, "a batch's list of what is not found")
def not_found(s):
    names = ["CorpusId:101", "CorpusId:424242", "DOI:10.1093/mind/lix.236.433", A,
             "ARXIV:1706.03762", "0" * 40]
    papers, missing = client(s).get_papers(names, return_not_found=True)
    s.equal(len(papers), 4)
    s.equal(sorted(missing), sorted(["CorpusId:424242", "0" * 40]))


@point(34, "citations and references")
def links(s):
    sch = client(s)
    for citation in sch.get_paper_citations(A, limit=10).items:
        s.check(citation.contexts is not None and citation.intents is not None, "lists")
        s.check(isinstance(citation.isInfluential, bool), "isInfluential")
        s.check(len(citation.paper.paperId) == 40, "citingPaper")
    references = sch.get_paper_references("CorpusId:50000").items
    s.equal([r.paper.paperId for r in references], [A])
    s.equal(sch.get_paper_references(A).items[0].paper.title, "A work that is not here")


@point(35, "citations beyond a thousand")
def many_citations(s):
    found = list(client(s).get_paper_citations(A, fields=["title"], limit=1000))
    s.equal(len(found), N_CITING)
    s.equal(len({c.paper.paperId for c in found}), N_CITING)


@point(36, "authors")
def authors(s):
    sch = client(s)
    author = sch.get_author("88")
    s.equal(author.name, "Bea Citer")
    for name in ("paperCount", "citationCount", "hIndex"):
        s.check(type(author.raw_data[name]) is int, name)
    s.equal(author.paperCount, N_CITING)
    s.equal([a.authorId for a in sch.get_authors(["40348417", "0", "88"])], ["40348417", "88"])
    s.equal(sch.search_author("vaswani").items[0].authorId, "40348417")
    s.equal(len(list(sch.get_author_papers("88", fields=["title"], limit=500))), N_CITING)
    s.equal([a.name for a in sch.get_paper_authors(A).items], ["Ashish Vaswani", "Noam Shazeer"])


def imported(name: str):
    """A module of ScholarQA. What others it wants that are not here (clouds, rerankers) is never
    called by what is asked here, so that stand-ins do."""
    for _ in range(50):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name is None or missing.name.startswith("scholarqa"):
                raise LeftOut(str(missing)) from missing
            sys.modules[missing.name] = unittest.mock.MagicMock(__path__=[])
            for loaded in [m for m in sys.modules if m.split(".")[0] == "scholarqa"]:
                del sys.modules[loaded]
    raise LeftOut(name)


def retriever(s: Session, **more):
    """ScholarQA's own, with its address changed."""
    base = imported("scholarqa.rag.retriever_base")
    utils = imported("scholarqa.utils")
    utils.S2_API_BASE_URL = s.papers.url + "/graph/v1/"
    return utils, base.FullTextRetriever(**more)


@point(37, "ScholarQA's retriever finds passages and papers")
def scholar_qa(s):
    utils, finder = retriever(s, n_retrieval=256, n_keyword_srch=20)
    fields = ("snippet.text,snippet.snippetKind,snippet.snippetOffset,snippet.section,"
              "snippet.annotations.refMentions,snippet.annotations.sentences.start,"
              "snippet.annotations.sentences.end")
    passages = finder.snippet_search("part of speech tagging with markov models", fields=fields)
    s.check(0 < len(passages) <= 256, str(len(passages)))
    scores = [p["score"] for p in passages]
    s.equal(scores, sorted(scores, reverse=True))
    s.check(any(p["section_title"] not in ("title", "abstract") for p in passages), "sections")
    s.check(all(isinstance(p["corpus_id"], str) for p in passages), "strings")
    long = finder.retrieve_passages("part of speech tagging", fields=fields, year="2000-2005")
    s.check(all(len(p["text"].split(" ")) > 20 for p in long) and long, "long ones")
    papers = finder.retrieve_additional_papers("statistical machine translation", year="-2008")
    s.equal(len(papers), 20)
    s.check(all(p["title"] and p["text"] for p in papers), "titles and abstracts")
    metadata = utils.get_paper_metadata({p["corpus_id"] for p in passages[:20]})
    s.equal(set(metadata), {p["corpus_id"] for p in passages[:20]})
    for paper in metadata.values():
        for name in ("abstract", "authors", "venue", "citationCount", "title", "year"):
            s.check(name in paper, name)
        s.check(all(a["name"] and "authorId" in a for a in paper["authors"]), "authors")
        utils.get_ref_author_str(paper["authors"])


def by_finder(s: Session, utils, finder):
    """Passages and papers together, each with its metadata, as ScholarQA aggregates them."""
    paper_finder = imported("scholarqa.rag.retrieval").PaperFinder(finder, n_rerank=-1,
                                                                   context_threshold=0.0)
    passages = paper_finder.retrieve_passages("word alignment models")
    extra = paper_finder.retrieve_additional_papers("word alignment models")
    known = {p["corpus_id"] for p in passages}
    snippets = passages + [p for p in extra if p["corpus_id"] not in known]
    metadata = utils.get_paper_metadata({p["corpus_id"] for p in snippets})
    ranked = paper_finder.rerank("word alignment models", snippets)
    frame = paper_finder.aggregate_into_dataframe(ranked, metadata)
    s.check(len(frame) > 10, f"{len(frame)} papers")
    s.check(all(frame["reference_string"].str.startswith("[")), "reference strings")
    s.check(all(frame["relevance_judgment_input_expanded"].str.len() > 100), "texts")
    return paper_finder


def asked_with(llm_url: str, paper_finder, query: str) -> dict:
    """What ScholarQA answers with a language model there."""
    os.environ |= {"OPENAI_API_BASE": llm_url, "OPENAI_BASE_URL": llm_url, "OPENAI_API_KEY": "none",
                   "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    litellm = imported("litellm")
    price = {"input_cost_per_token": 0, "output_cost_per_token": 0, "max_tokens": 100_000,
             "max_input_tokens": 100_000, "litellm_provider": "openai", "mode": "chat"}
    litellm.register_model({"openai/fake": price, "fake": price})

    class Request(imported("scholarqa.models").ToolRequest):
        thread_id: str | None = None  # The package reads it, and has it not.

    asking = imported("scholarqa.scholar_qa").ScholarQA(
        paper_finder, task_id=None, llm_model="openai/fake", fallback_llm="openai/fake",
        run_table_generation=False, validate=False)
    request = Request(task_id="conformance", query=query, user_id="nobody")
    return asking.run_qa_pipeline(request).model_dump()


@point(42, "ScholarQA's whole pipeline, with a language model that answers by rule")
def pipeline(s):
    utils, finder = retriever(s, n_retrieval=64, n_keyword_srch=10)
    paper_finder = by_finder(s, utils, finder)
    if isinstance(imported("litellm"), unittest.mock.MagicMock):
        raise LeftOut("litellm is not installed")
    llm = fake_llm.start()
    folder = os.getcwd()
    os.chdir(s.work)  # It writes its logs where it stands, and a cache of what it was told.
    shutil.rmtree("logs", ignore_errors=True)
    try:
        result = asked_with(f"http://127.0.0.1:{llm.server_address[1]}/v1", paper_finder,
                            "Which models align words?")
    finally:
        os.chdir(folder)
        llm.shutdown()
    s.equal(llm.asked[0], "DecomposedQuery")
    s.check(llm.asked.count("QuoteOutput") > 10, "papers were read")
    s.equal(result["report_title"], "Word alignment")
    for citation in result["sections"][0]["citations"]:
        paper = s.get(f"paper/CorpusId:{citation['paper']['corpus_id']}?fields=title,year",
                      server=s.papers)
        s.equal(paper["title"], citation["paper"]["title"])
        s.equal(paper["year"] or 0, citation["paper"]["year"])
    s.check(len(result["sections"][0]["citations"]) > 0, "papers are cited")


@point(43, "keys")
def keys(s):
    server = s.serve(s.fixture_library, "--api-key", "right")
    s.raises(PermissionError, lambda: client(s, server, api_key="wrong").get_paper(A), "a wrong key")
    s.equal(client(s, server, api_key="right").get_paper(A, fields=["title"]).paperId, A)
    s.get(f"paper/{A}", 403, server, headers={"x-api-key": ""})
    s.equal(s.get(f"paper/{A}", headers={"x-api-key": ""})["paperId"], A)
    s.equal(s.get(f"paper/{A}", headers={"x-api-key": "any"})["paperId"], A)


class Crowd:
    """Asks a server for much, several times at once, until it is told to stop."""

    def __init__(self, server):
        self.is_over, self.refused = False, []
        self.threads = [threading.Thread(target=self.ask, args=(server,)) for _ in range(6)]
        for thread in self.threads:
            thread.start()

    def ask(self, server):
        while not self.is_over:
            status, value, headers = server.ask(
                "GET", "/graph/v1/paper/search/bulk?query=widget&fields=abstract,authors,citationStyles")
            if status != 200:
                self.refused.append((status, value, headers))

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()


@point(44, "429 with Retry-After; the client waits and comes back")
def busy(s):
    server = s.serve(s.fixture_library, "--max-queue", "1")
    seconds = 0.0
    for _ in range(10):  # Until the client is among the refused.
        crowd = Crowd(server)
        time.sleep(0.5)
        threading.Timer(2, crowd.stop).start()
        begin = time.monotonic()
        paper = client(s, server).get_paper(A, fields=["title"])
        seconds = time.monotonic() - begin
        s.equal(paper.paperId, A)
        crowd.stop()
        s.check(len(crowd.refused) > 0, "some are refused")
        for status, value, headers in crowd.refused[:50]:
            s.equal(status, 429)
            s.check(int(headers.get("Retry-After", 0)) >= 1, "Retry-After")
            s.check(value["error"] == value["message"] and value["code"] == "429", "its body")
        if seconds >= 5:
            break
    s.check(seconds >= 5, f"it waited {seconds:.1f} s")


@point(46, "recommendations")
def recommendations(s):
    sch = client(s)
    one = sch.get_recommended_papers("CorpusId:301", limit=10, fields=["corpusId"])
    s.check(0 < len(one) <= 10 and all(p.corpusId != 301 for p in one), "like one")
    s.check(one[0].corpusId in (302, 304, 306), f"a zebra: {one[0].corpusId}")
    two = sch.get_recommended_papers_from_lists(["CorpusId:301"], limit=5, fields=["corpusId"])
    s.check(0 < len(two) <= 5, "null negatives")
    sch.get_recommended_papers_from_lists(["CorpusId:301"], ["CorpusId:303"], limit=5)
    raw = s.post("/recommendations/v1/papers", {"positivePaperIds": ["CorpusId:301"],
                                                "negativePaperIds": None})
    s.equal(list(raw), ["recommendedPapers"])


@point(47, "datasets: not served, and said in JSON")
def datasets(s):
    sch = client(s)
    s.raises(failure("ObjectNotFoundException"), sch.get_available_releases, "releases")
    for path in ("release/", "release/latest", "release/2024-01-01/dataset/papers",
                 "diffs/2024-01-01/to/latest/papers"):
        s.get(f"/datasets/v1/{path}", 404)
    s.equal(ids({"data": [ATTENTION]}), [13756489])
