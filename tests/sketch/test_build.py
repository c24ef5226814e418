"""Sketch: signatures against datasketch, story samples against exact weighted Jaccard.

The first test is the one that the docstring of `dedup.sketch` promises: a signature recomputed from
a text with `re`, `xxhash` and `datasketch` alone.
"""

import random
import re
from pathlib import Path

import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import SketchConfig
from dedup.corpus.sketching import sketch_corpus
from dedup.records import Article
from dedup.sketch.build import sign_texts, sketch_texts
from dedup.sketch.columns import Sketches, join_sketches
from dedup.sketch.minhash import load_permutations
from dedup.sketch.story_features import A_PAIR
from dedup.sketch.weighted_minhash import NO_SAMPLE
from dedup.text.tokenise import tokenise_text

ROOT = Path(__file__).parents[2]
PAGES = [path.read_text() for path in sorted((ROOT / "seeds").glob("*.txt"))]
BODIES = [path.read_text() for path in sorted((ROOT / "tests" / "expected").glob("*.txt"))]
FOREIGN = [
    "Der Kanzler sprach am Montag über Straßen, Brücken und Züge; niemand hörte ihm zu.",
    "東京都の知事選挙が行われ、現職が再選された。投票率は前回を上回った。",
    "قال الرئيس يوم الاثنين إن المُحادثات ستستأنف في غضون أيام بحسب مسؤولين",
    "대통령은 월요일에 며칠 안에 회담이 재개될 것이라고 말했다",
    "राष्ट्रपति ने सोमवार को कहा कि वार्ता कुछ दिनों में फिर शुरू होगी",
    "การประชุมสภาผู้แทนราษฎรเมื่อวันจันทร์",
]
CONFIG = SketchConfig()
WORD = 2**64
TIMES = 0x9E3779B185EBCA87
VOCABULARY = sorted(set(re.findall("[a-z]+", " ".join(BODIES).lower())))


def finish(value: int) -> int:
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % WORD
    return (value ^ (value >> 31)) >> 32


def shingle_set(tokens: list[int], width: int = 5) -> set[int]:
    runs = [tokens[i : i + width] for i in range(len(tokens) - width + 1)]
    if len(tokens) < width:
        runs = [[len(tokens), *tokens]] if tokens else []
    found = set()
    for run in runs:
        state = 0
        for token in run:
            state = (state * TIMES + token) % WORD
        figure = any(token & 1 for token in run[-len(tokens) :])
        found.add(finish(state) & ~1 | figure)
    return found


def sign(shingles: set[int], permutations: int = 128) -> list[int]:
    minhash = MinHash(num_perm=permutations, seed=1, scheme="affine32", hashfunc=int)
    minhash.update_batch(sorted(shingles))
    return minhash.hashvalues.tolist()


def same(left: Sketches, right: Sketches) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(flat(left), flat(right), strict=True))


def flat(sketches: Sketches) -> list[np.ndarray]:
    return [
        sketches.words,
        sketches.digests,
        sketches.signatures,
        sketches.shingles.values,
        sketches.shingles.offsets,
        sketches.features.values,
        sketches.features.offsets,
        sketches.weights,
        sketches.uses,
        sketches.samples,
    ]


@pytest.mark.parametrize(
    "text", [*BODIES[:3], "Kyiv, 4 May - Talks resumed, 20 said.", "One two", ""]
)
def test_signature_from_a_text_alone(text: str) -> None:
    ascii_text = text.encode("ascii", "replace").decode()
    words = re.findall("[a-z0-9]+", ascii_text.lower())
    tokens = [xxhash.xxh64_intdigest(w.encode()) & ~1 | bool(re.search("[0-9]", w)) for w in words]
    sketches = sketch_texts([ascii_text], CONFIG)
    assert set(sketches.shingles[0].tolist()) == shingle_set(tokens)
    assert sketches.signatures[0].tolist() == sign(shingle_set(tokens))


@pytest.mark.parametrize("text", [*BODIES, *PAGES, *FOREIGN])
def test_signature_of_real_texts(text: str) -> None:
    shingles = shingle_set(tokenise_text(text).hashes.tolist())
    sketches = sketch_texts([text], CONFIG)
    assert sketches.shingles[0].tolist() == sorted(shingles)
    assert sketches.signatures[0].tolist() == sign(shingles)


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(st.sampled_from(["a", "b", "c", "é", "東", "한국", "मन", "…"]), max_size=40),
    width=st.integers(1, 7),
    permutations=st.sampled_from([1, 16, 100, 128, 200]),
)
def test_signature_of_any_settings(text: list[str], width: int, permutations: int) -> None:
    config = SketchConfig(shingle_words=width, permutations=permutations)
    written = " ".join(text)
    shingles = shingle_set(tokenise_text(written).hashes.tolist(), width)
    sketches = sketch_texts([written], config)
    assert sketches.signatures[0].tolist() == sign(shingles, permutations)


@pytest.mark.parametrize("permutations", [1, 16, 100, 128, 500])
def test_permutations_are_those_of_datasketch(permutations: int) -> None:
    theirs = MinHash(num_perm=permutations, seed=1, scheme="affine32").permutations
    assert np.array_equal(load_permutations(permutations), theirs)


def test_digest_is_of_the_token_hashes() -> None:
    for text in [*BODIES, *FOREIGN]:
        digest = xxhash.xxh3_128_intdigest(tokenise_text(text).hashes.tobytes())
        high, low = sketch_texts([text], CONFIG).digests[0].tolist()
        assert (high << 64 | low) == digest


def test_nothing_to_sketch() -> None:
    sketches = sketch_texts(["", " … ", "\u200b"], CONFIG)
    assert sketches.words.tolist() == [0, 0, 0]
    assert sketches.shingles.lengths.tolist() == sketches.features.lengths.tolist() == [0, 0, 0]
    assert (sketches.samples == NO_SAMPLE).all()
    assert len(sketch_texts([], CONFIG)) == 0


def weigh(sketches: Sketches, row: int) -> dict[int, float]:
    offsets = sketches.features.offsets
    weights = sketches.weights[offsets[row] : offsets[row + 1]]
    return dict(zip(sketches.features[row].tolist(), weights.tolist(), strict=True))


def weighted_jaccard(left: dict[int, float], right: dict[int, float]) -> float:
    keys = left.keys() | right.keys()
    pairs = [(left.get(key, 0.0), right.get(key, 0.0)) for key in keys]
    return sum(map(min, pairs)) / sum(map(max, pairs))


def rewrite(words: list[str], kept: float, rng: random.Random) -> list[str]:
    return [word if rng.random() < kept else rng.choice(VOCABULARY) for word in words]


def test_equal_bins_estimate_the_weighted_jaccard() -> None:
    rng = random.Random(5)
    texts = []
    for k in range(240):
        first = rng.choices(VOCABULARY, k=rng.randint(300, 600))
        texts += [" ".join(first), " ".join(rewrite(first, k / 240, rng))]
    sketches = sketch_texts(texts, CONFIG)
    exact, estimated = [], []
    for left in range(0, len(texts), 2):
        ours, theirs = sketches.samples[left], sketches.samples[left + 1]
        exact.append(weighted_jaccard(weigh(sketches, left), weigh(sketches, left + 1)))
        filled = (ours != NO_SAMPLE) | (theirs != NO_SAMPLE)
        estimated.append(float((ours == theirs)[filled].mean()))
    errors = np.array(estimated) - np.array(exact)
    assert min(exact) < 0.2
    assert max(exact) > 0.9
    assert abs(errors.mean()) < 0.006  # a bias; the standard error is .003
    spread = np.sqrt(np.mean(np.array(exact) * (1 - np.array(exact))) / CONFIG.story_samples)
    assert errors.std() < 1.2 * spread  # no worse than independent samples


def test_heavy_features_are_sampled_more() -> None:
    sketches = sketch_texts(BODIES, CONFIG)
    for row in range(len(BODIES)):
        weights = weigh(sketches, row)
        sampled = [weights[s] for s in sketches.samples[row].tolist() if s != NO_SAMPLE]
        assert np.mean(sampled) > 1.1 * np.mean(list(weights.values()))


def test_a_batch_is_its_texts_one_by_one() -> None:
    texts = ["", *BODIES, *FOREIGN, "One two", *PAGES[:2], ""]
    parts = [sketch_texts([text], CONFIG) for text in texts]
    assert same(sketch_texts(texts, CONFIG), join_sketches(parts))


@settings(max_examples=30, deadline=None)
@given(
    picked=st.lists(st.sampled_from(["", "One two", *BODIES, *FOREIGN]), max_size=6),
    width=st.integers(1, 7),
)
def test_the_near_view_alone_is_that_of_the_sketches(picked: list[str], width: int) -> None:
    config = SketchConfig(shingle_words=width, permutations=64)
    signatures = sign_texts(picked, config)
    assert np.array_equal(signatures, sketch_texts(picked, config).signatures)


def test_a_sketch_does_not_depend_on_its_neighbours() -> None:
    texts = [*BODIES, *FOREIGN]
    order = random.Random(3).sample(range(len(texts)), len(texts))
    shuffled = sketch_texts([texts[k] for k in order], CONFIG)
    straight = sketch_texts(texts, CONFIG)
    assert np.array_equal(shuffled.signatures, straight.signatures[order])
    assert np.array_equal(shuffled.samples, straight.samples[order])
    assert np.array_equal(shuffled.digests, straight.digests[order])


@pytest.mark.parametrize("workers", [1, 2])
def test_mixed_languages_keep_their_order(workers: int) -> None:
    languages = ["en", "de", None, "ja", "xx", "en", "ar", "de"]
    texts = [*BODIES, *FOREIGN]
    articles = [
        Article(
            id=f"{k:03}",
            page=f"{k:03}",
            text=f"{texts[k % len(texts)]} {k}",
            language=languages[k % len(languages)],
        )
        for k in range(560)  # more than two batches
    ]
    sketched = sketch_corpus(articles, CONFIG, workers)
    assert [described.id for described in sketched.metadata] == [one.id for one in articles]
    for k in [*range(0, 560, 97), 255, 256, 511, 512, 559]:
        alone = sketch_texts([articles[k].text], CONFIG, articles[k].language)
        assert np.array_equal(sketched.sketches.samples[k], alone.samples[0])
        assert np.array_equal(sketched.sketches.signatures[k], alone.signatures[0])
        assert np.array_equal(sketched.sketches.features[k], alone.features[0])


def test_no_articles() -> None:
    assert len(sketch_corpus([], CONFIG).sketches) == 0


@pytest.mark.parametrize("language", [None, "xx", "", "la"])
def test_words_of_an_unlisted_language_weigh_by_their_length(language: str | None) -> None:
    words = sketch_texts(["of it at veerboot veerbootkaptein 東京"], CONFIG, language)
    told = words.weights[(words.uses & A_PAIR) == 0]
    assert len(told) == 2  # nothing up to two letters
    assert told.min() * 2 < told.max()
    ours, listed = (sketch_texts(BODIES[:1], CONFIG, one) for one in (language, "en"))
    assert np.array_equal(ours.signatures, listed.signatures)


def test_a_word_weighs_the_same_whatever_it_is_sketched_with() -> None:
    texts = ["Die STRASSE nach Ålesund.", "Die Straße nach A\u030alesund."]
    alone = [sketch_texts([text], CONFIG, "xx").weights.tolist() for text in texts]
    together = sketch_texts(texts, CONFIG, "xx").weights.tolist()
    assert alone[0] == alone[1]
    assert together == alone[0] + alone[1]
