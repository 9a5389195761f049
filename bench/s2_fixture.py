"""Made-up papers for s2_conformance.py: of every kind of id, date, field and link that the protocol
has, and so many of one kind that answers have pages. Written as Semantic Scholar's API writes them.
"""
import hashlib
import json
import pathlib

ATTENTION = {
    "paperId": "204e3073870fae3d05bcbc2f6a8e263d9b72e776",
    "corpusId": 13756489,
    "externalIds": {"MAG": "2963403868", "DBLP": "conf/nips/VaswaniSPUJGKP17",
                    "ArXiv": "1706.03762", "ACL": "P17-9999", "PubMed": "31415926",
                    "PubMedCentral": "2718281", "DOI": "10.1093/mind/lix.236.433",
                    "CorpusId": 13756489},
    "title": "Attention is all you need",
    "abstract": "The dominant sequence transduction models are based on recurrent networks. "
                "We propose a new simple network architecture, the Transformer, based solely on "
                "attention mechanisms. Its b\u00e9zier \U0001f600 costs are low.",
    "venue": "Neural Information Processing Systems", "year": 2017,
    "publicationVenue": {"id": "d9720b90-d60b-48bc-9df8-87a30b9a60dd", "type": "conference",
                         "name": "Neural Information Processing Systems",
                         "alternate_names": ["Neural Inf Process Syst", "NeurIPS"],
                         "url": "http://neurips.cc/"},
    "publicationDate": "2017-06-12", "citationCount": 5000, "influentialCitationCount": 40,
    "isOpenAccess": True,
    "openAccessPdf": {"url": "https://example.org/a.pdf", "status": "GREEN", "license": "CC-BY"},
    "s2FieldsOfStudy": [{"category": "Computer Science", "source": "external"}],
    "fieldsOfStudy": ["Computer Science"],
    "publicationTypes": ["JournalArticle", "Conference"],
    "journal": {"name": "NIPS", "volume": "30", "pages": "5998-6008"},
    "authors": [{"authorId": "40348417", "name": "Ashish Vaswani"},
                {"authorId": "1846258", "name": "Noam Shazeer"}],
    "tldr": {"model": "tldr@v2.0.0", "text": "A network of attention alone."},
    "references": [{"paperId": "f" * 40, "title": "A work that is not here"}],
}

N_CITING = 1203   # Of ATTENTION: more than one page of a thousand.
N_FILLERS = 1300  # That answer the same question: more than a search shows.


def paper_id(n: int) -> str:
    return hashlib.sha1(str(n).encode()).hexdigest()


def paper(n: int, title: str, **more) -> dict:
    out = {"paperId": paper_id(n), "corpusId": n, "title": title,
           "abstract": f"Nothing else is said in abstract {n}.", "venue": "",
           "externalIds": {"CorpusId": n}, "citationCount": 0, "isOpenAccess": False,
           "authors": [{"authorId": "77", "name": "Ada Filler"}]}
    return out | more


def dated() -> list[dict]:
    """Found by "calendar"."""
    rows = [(101, "2020-06-15", 2020), (102, "2020-06-30", 2020), (103, "2020-07-01", 2020),
            (104, "2015-01-31", 2015), (105, "2015-02-01", 2015), (106, "2019-12-31", 2019),
            (107, None, 2020),  # Counts as its 1 January.
            (108, "2010-05-05", 2010), (109, None, None)]
    return [paper(n, f"Calendar reform number {n}", publicationDate=date, year=year)
            for n, date, year in rows]


def filtered() -> list[dict]:
    """Found by "selection"."""
    def fields(*names):
        return {"s2FieldsOfStudy": [{"category": n, "source": "s2-fos-model"} for n in names],
                "fieldsOfStudy": list(names)}
    return [
        paper(201, "Selection of frogs", citationCount=9, year=2001, venue="Nature",
              publicationTypes=["Review"], **fields("Biology")),
        paper(202, "Selection of paintings", citationCount=10, year=2002, venue="Art Bulletin",
              publicationTypes=["Book"], **fields("Art")),
        paper(203, "Selection of words", citationCount=11, year=2003, venue="ACL",
              publicationTypes=["Conference"], isOpenAccess=True,
              openAccessPdf={"url": "https://example.org/w.pdf"}, **fields("Linguistics")),
        paper(204, "Selection of nothing", year=2004),
    ]


def boolean() -> list[dict]:
    """Found by their titles' words, whose stems nothing else here has."""
    titles = {301: "Zebra migration over cloudy savannahs", 302: "Migration of the zebra",
              303: "Giraffe migration", 304: "Giraffes and zebras", 305: "Zebrafish genomes",
              306: "Cloudy savannahs over a migrating zebra"}
    return [paper(n, title, year=1990, abstract="") for n, title in titles.items()]


def mentioning() -> list[dict]:
    """One of which the other says what it cites it for."""
    link = {"citedPaper": {"paperId": paper_id(401), "corpusId": 401, "title": "Harpsichord tuning"},
            "isInfluential": True, "contexts": ["Strings are tuned (Tuner, 1977) by hand."],
            "intents": ["methodology"],
            "contextsWithIntent": [{"context": "Strings are tuned (Tuner, 1977) by hand.",
                                    "intents": ["methodology"]}]}
    return [paper(401, "Harpsichord tuning", year=1977,
                  authors=[{"authorId": "99", "name": "Cem Tuner"}]),
            paper(402, "Keyboards of all kinds", year=1980, references=[link],
                  abstract="Fr\u00f6hlich keyboards have strings. Strings are tuned (Tuner, 1977) by hand.",
                  authors=[{"authorId": "98", "name": "Dan Player"}])]


def fillers() -> list[dict]:
    return [paper(10_000 + i, f"Widget study {i}", year=1999, citationCount=i % 7)
            for i in range(N_FILLERS)]


def citing() -> list[dict]:
    link = [{"paperId": ATTENTION["paperId"], "title": ATTENTION["title"]}]
    return [paper(50_000 + i, f"Followup {i}", year=2018, references=link,
                  authors=[{"authorId": "88", "name": "Bea Citer"}]) for i in range(N_CITING)]


def write(path: pathlib.Path) -> None:
    papers = [ATTENTION, *dated(), *filtered(), *boolean(), *mentioning(), *fillers(), *citing()]
    with path.open("w", encoding="utf-8") as out:
        for one in papers:
            out.write(json.dumps(one, ensure_ascii=False) + "\n")
