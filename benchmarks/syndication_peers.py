"""Group texts with another tool, in that tool's own environment.

    python benchmarks/syndication_peers.py TOOL THRESHOLD < texts.jsonl > groups.json

`syndication.py` calls this with the interpreter it is given; nothing here needs `dedup`. Each tool
runs as its documentation shows it; where it yields pairs, they are closed transitively, as its
users do. A threshold of 0 is the tool's own default.
"""

# only the tool that is asked for is there to import
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

PERMUTATIONS = 128
SHINGLE_WORDS = 5

Pairs = Iterable[tuple[int, int]]


def shingle(text: str) -> list[str]:
    """5-word shingles, lower case."""
    words = re.findall(r"\w+", text.lower())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return [" ".join(words[k : k + SHINGLE_WORDS]) for k in range(last)]


def pair_datasketch(texts: list[str], threshold: float) -> Iterator[tuple[int, int]]:
    """`MinHashLSH` (default threshold .9): every text it returns for another is a duplicate."""
    from datasketch import MinHash, MinHashLSH

    index: Any = MinHashLSH(threshold=threshold or 0.9, num_perm=PERMUTATIONS)
    for number, text in enumerate(texts):
        sketch: Any = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([s.encode() for s in shingle(text)])
        yield from ((number, other) for other in index.query(sketch))
        index.insert(number, sketch)


def pair_rensa(texts: list[str], threshold: float) -> Iterator[tuple[int, int]]:
    """`RMinHashDeduplicator` with LSH, at its examples' threshold .8."""
    from rensa import RMinHash, RMinHashDeduplicator

    known = RMinHashDeduplicator(threshold or 0.8, PERMUTATIONS, use_lsh=True)
    for number, text in enumerate(texts):
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update(shingle(text))
        others = known.get_duplicates(sketch)
        yield from ((number, int(other)) for other in others)
        known.add(str(number), sketch)


def pair_gaoya(texts: list[str], threshold: float) -> Iterator[tuple[int, int]]:
    """`MinHashStringIndex` on words and runs of five, at its examples' threshold .5."""
    from gaoya.minhash import MinHashStringIndex

    index: Any = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=threshold or 0.5,
        num_bands=32,
        band_size=4,
        analyzer="word",
        lowercase=True,
        ngram_range=(SHINGLE_WORDS, SHINGLE_WORDS),
    )
    for number, text in enumerate(texts):
        yield from ((number, other) for other in index.query(text))
        index.insert_document(number, text)


def pair_text_dedup(texts: list[str], threshold: float) -> Iterator[tuple[int, int]]:
    """`python -m text_dedup.minhash` (default threshold .7), its union-find read back."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = (json.dumps({"number": k, "text": text}) for k, text in enumerate(texts))
        (folder / "in.jsonl").write_text("\n".join(rows))
        options = {
            "path": "json",
            "data_files": str(folder / "in.jsonl"),
            "split": "train",
            "cache_dir": str(folder / "cache"),
            "output": str(folder / "out"),
            "column": "text",
            "idx_column": "number",
            "num_proc": "1",
            "min_length": "1",
            "threshold": str(threshold or 0.7),
        }
        flags = [part for key, value in options.items() for part in (f"--{key}", value)]
        command = [sys.executable, "-m", "text_dedup.minhash", "--debug", *flags]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        with (folder / "out" / "uf.pkl").open("rb") as dumped:
            parents = pickle.load(dumped)
    yield from parents.parent.items()


def pair_semhash(texts: list[str], threshold: float) -> Iterator[tuple[int, int]]:
    """`SemHash.self_deduplicate` (default threshold .9), on static vectors.

    Its default model comes from a hub; offline, the word vectors of the MiniLM packaged on PyPI
    stand in for it, as a model2vec model.
    """
    from semhash import SemHash

    records = [{"number": str(k), "text": text} for k, text in enumerate(texts)]
    found = SemHash.from_records(records, columns=["text"], model=_load_vectors())
    for removed in found.self_deduplicate(threshold or 0.9).filtered:
        yield int(removed.record["number"]), int(removed.duplicate_of["number"])


def _load_vectors() -> Any:
    import contextlib

    with contextlib.redirect_stdout(sys.stderr):
        from all_minilm_l6_v2 import get_model_path

        folder = Path(get_model_path())
    import numpy as np
    from model2vec import StaticModel
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    table = table * np.log1p(np.arange(len(table)))[:, None]  # rarer words weigh more, as model2vec
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return StaticModel(table, tokenizer, normalize=True)


TOOLS: dict[str, Callable[[list[str], float], Pairs]] = {
    "datasketch": pair_datasketch,
    "rensa": pair_rensa,
    "gaoya": pair_gaoya,
    "text-dedup": pair_text_dedup,
    "semhash": pair_semhash,
}


def close_pairs(count: int, pairs: Pairs) -> list[int]:
    """The group of each text, by the number of its first."""
    parent = list(range(count))

    def find(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for left, right in pairs:
        low, high = sorted((find(left), find(right)))
        parent[high] = low
    return [find(number) for number in range(count)]


if __name__ == "__main__":
    tool, threshold = sys.argv[1], float(sys.argv[2])
    bodies = [json.loads(line) for line in sys.stdin]
    list(TOOLS[tool](bodies[:10], threshold))  # loads what it needs
    began = time.perf_counter()
    groups = close_pairs(len(bodies), TOOLS[tool](bodies, threshold))
    print("seconds", time.perf_counter() - began, file=sys.stderr)
    print(json.dumps(groups))
