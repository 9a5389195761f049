"""Statements turned into their opposites by rule: made examples for a model that has few real ones.

flip("X increases Y") is "X decreases Y"; flip("X is not Y") is "X is Y". None where no rule applies, or
where two words could be turned and one alone would not be the opposite.
"""
import re

_PAIRS = """increase decrease|increases decreases|increased decreased|increasing decreasing|higher lower
high low|highest lowest|more less|greater smaller|larger smaller|promotes inhibits|promote inhibit|promoted inhibited
promoting inhibiting|enhances reduces|enhance reduce|enhanced reduced|enhancing reducing|activates inactivates
activate inactivate|activated inactivated|activation inactivation|activates suppresses|upregulates downregulates
upregulated downregulated|upregulation downregulation|up-regulated down-regulated|up-regulates down-regulates
up-regulation down-regulation|improves worsens|improved worsened|improve worsen|improvement worsening
positive negative|positively negatively|gain loss|presence absence|effective ineffective|sufficient insufficient
induces prevents|induce prevent|induced prevented|accelerates delays|accelerated delayed|with without
dependent independent|stabilizes destabilizes|beneficial harmful|stronger weaker|strong weak|longer shorter|long short
early late|able unable|likely unlikely|similar different|common rare|better worse|best worst|above below|before after
superior inferior|susceptible resistant|elevated reduced|gains loses|rises falls|raises lowers|raised lowered
activator inhibitor|agonist antagonist|necessary unnecessary|essential dispensable|facilitates impairs|facilitate impair
acceleration deceleration|stimulates inhibits|stimulate inhibit|stimulated inhibited|protects endangers|fails succeeds
hypermethylation hypomethylation|slows accelerates|exacerbates alleviates|attenuates amplifies|blocks triggers"""

# Of a pair the first meeting of a word counts: "reduced" becomes "enhanced", never "elevated".
OPPOSITES = {}
for _pair in re.split(r"[|\n]", _PAIRS):
    _left, _right = _pair.split()
    OPPOSITES.setdefault(_left, _right)
    OPPOSITES.setdefault(_right, _left)

_TO_BE = {"is", "are", "was", "were", "can", "could", "may", "does", "do", "did", "has", "have", "should", "will"}
_VERBS = {v + "s": v for v in """cause lead play affect mediate regulate contain require associate bind express produce
result depend contribute show interact control predict modulate form drive lack provide alter influence involve
encode limit determine target support trigger occur exist recruit suffer correlate help allow impact participate""".split()}
_TOKEN = re.compile(r"\w[\w'-]*|\W+")


def _is_upper(word):
    return word[:1].isupper() and word[1:].islower()


def _swapped(words, i):
    turned = OPPOSITES[words[i].lower()]
    return words[:i] + [turned.capitalize() if _is_upper(words[i]) else turned] + words[i + 1:]


def flip_word(text, rng):
    """With one word of a pair of opposites turned, or None."""
    words = _TOKEN.findall(text)
    places = [i for i, w in enumerate(words) if w.lower() in OPPOSITES]
    if not places:
        return None
    return "".join(_swapped(words, rng.choice(places)))


def flip_negation(text):
    """With its first negation taken out, or one put behind its first verb that is known; or None."""
    for pattern, instead in ((r"\b(is|are|was|were|can|could|may|has|have|should|will) not ", r"\1 "),
                             (r"\b(?:does|do|did) not ", ""), (r"\bcannot ", "can "), (r"\bno (?=\w)", "an ")):
        turned, n = re.subn(pattern, instead, text, count=1)
        if n:
            return turned
    words = _TOKEN.findall(text)
    for i, word in enumerate(words):
        if i == 0 or i + 1 >= len(words):
            continue
        if word in _TO_BE:
            return "".join(words[:i + 1] + [" not"] + words[i + 1:])
        if word in _VERBS:
            return "".join(words[:i] + ["does not ", _VERBS[word]] + words[i + 1:])
    return None


def flip(text, rng):
    """The opposite by a word, else by a negation; by which is chance where both go. None: by neither."""
    by_word, by_negation = flip_word(text, rng), flip_negation(text)
    if by_word and by_negation:
        return rng.choice((by_word, by_negation))
    return by_word or by_negation
