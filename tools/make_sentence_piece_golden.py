#!/usr/bin/env python3
"""Writes tests/data/tokenizer/sentence_piece/: small SentencePiece models as DeBERTa and XLM-R have
them, and what sentencepiece makes of hostile texts with them and with DeBERTa-v3's own model.

golden.json: {"texts": [text, ...], "ids": {file: [[id, ...] per text], ...}}

usage: make_sentence_piece_golden.py [DEBERTA_SPM_MODEL]   (needs the module sentencepiece)
"""
import json
import pathlib
import sys
import tempfile

import sentencepiece

from make_pipeline_golden import CHARSMAP, CORPUS, texts

FOLDER = (pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizer" /
          "sentence_piece")


def train(file, **settings):
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.tsv"
        rules.write_text("".join(
            " ".join(f"{ord(c):04X}" for c in source) + "\t" +
            " ".join(f"{ord(c):04X}" for c in target) + "\n"
            for source, target in CHARSMAP.items()))
        with open(FOLDER / file, "wb") as out:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(CORPUS), model_writer=out, character_coverage=1.0,
                normalization_rule_tsv=str(rules), hard_vocab_limit=False, num_threads=1,
                minloglevel=2, **settings)


def fairseq(i):
    """The id that transformers gives XLM-R's piece i."""
    return {0: 3, 1: 0, 2: 2}.get(i, i + 1)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    train("spm.model", vocab_size=400, byte_fallback=True, pad_id=0, bos_id=1, eos_id=2, unk_id=3,
          pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]")
    train("sentencepiece.bpe.model", vocab_size=120, user_defined_symbols=["<ent>"])
    ids = {}
    files = [("spm.model", FOLDER / "spm.model"),
             ("sentencepiece.bpe.model", FOLDER / "sentencepiece.bpe.model")]
    if len(sys.argv) > 1:
        files.append(("deberta-v3", pathlib.Path(sys.argv[1])))
    for name, path in files:
        model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        rows = model.encode(texts())
        ids[name] = [[fairseq(i) for i in row] for row in rows] if "bpe" in name else rows
    (FOLDER / "golden.json").write_text(
        json.dumps({"texts": texts(), "ids": ids}, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
