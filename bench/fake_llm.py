"""A server that speaks OpenAI's chat API and answers what ScholarQA asks, by rule: what it quotes
stands in the papers that it was shown, what it cites is one of its references."""
import http.server
import json
import re
import threading

REFERENCE = re.compile(r"\[\d{10,} \| [^|\]]+ \| \d+ \| Citations: \d+\]")


def decomposed(user: str) -> dict:
    return {"earliest_search_year": "", "latest_search_year": "", "venues": "", "authors": [],
            "field_of_study": "", "rewritten_query": "word alignment models",
            "rewritten_query_for_keyword_search": "word alignment models"}


def quoted(user: str) -> dict:
    sentences = re.findall(r"[A-Z][^.\n]{60,200}\.", user)
    return {"cot": "", "quote": sentences[-1] if sentences else "None"}


def planned(user: str) -> dict:
    return {"cot": "", "report_title": "Word alignment",
            "dimensions": [{"name": "Models", "format": "synthesis", "quotes": [0, 1, 2]}]}


def section(user: str) -> str:
    references = REFERENCE.findall(user)
    cited = " ".join(dict.fromkeys(references[-2:]))
    return f"Models\nTLDR; Words are aligned. ({len(references)} sources)\nModels align words {cited}."


ANSWERS = {"DecomposedQuery": decomposed, "QuoteOutput": quoted, "ClusterPlan": planned}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = "\n".join(str(m["content"]) for m in body["messages"])
        schema = (body.get("response_format") or {}).get("json_schema", {}).get("name")
        self.server.asked.append(schema)
        said = json.dumps(ANSWERS[schema](user)) if schema else section(user)
        answer = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"],
                  "choices": [{"index": 0, "finish_reason": "stop",
                               "message": {"role": "assistant", "content": said}}],
                  "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def start() -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
