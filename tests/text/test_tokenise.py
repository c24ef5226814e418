"""Tokenise: against Python's own Unicode data, `re` and `xxhash`, script by script."""

import re
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.text.normalise import encode_texts, fold_tables
from dedup.text.tokenise import MAX_TOKEN_BYTES, tokenise_text
from dedup.text.tokenise_batch import tokenise_batch

SPACED = " \n.,;:!?'’-–“”\u00a0😀_/"
SCRIPTS = {
    "ascii": "abcxyzABCXYZ0189",
    "latin": "aeßéÈñŁłøÅåçŞşIİıžẞæŒﬁﬂ",
    "cyrillic": "аяеёйїґЖЁЙЇЎў",
    "greek": "αςσΣωάέΐΎᾳῷἈ",
    "full-width": "ＡＢｚ０９",
    "arabic": "محمدآأإئىةـ\u064e\u064f\u0651\u0670",
    "hebrew": "אבגדוש\u05b8\u05bc\u05c1שׁ",
    "hangul": "한국어각갂뷁신문",
    "devanagari": "कखतािीु्ं\u0929\u0958",
    "bengali": "কখরািোৌ্",
    "tamil": "கதமாிொோௌஔ்",
}
UNSPACED = {
    "chinese": "东京新聞々〇𠮷",
    "kana": "がぎひらカタガパー",
    "thai": "กขคาิ่้ำ",
}
MIXED = "".join([SPACED, *SCRIPTS.values(), *UNSPACED.values(), "\u00ad\u200b\ufeff\ud800\udfff"])


def is_dropped(char: str) -> bool:
    """By the names of Unicode: accents, points, joiners; not Indic vowels nor voicing marks."""
    if char in "\u00ad\u200b\u200c\u200d\u2060\ufeff\u0640":
        return True
    name = unicodedata.name(char, "")
    kept = re.match("DEVANAGARI|BENGALI|TAMIL|THAI|COMBINING KATAKANA", name)
    return unicodedata.category(char) == "Mn" and not kept


def fold_text(text: str) -> str:
    """A text as its words are to be spelt: everything at once, not character by character."""
    composed = unicodedata.normalize("NFC", text)
    pieces = re.split("([\u3040-\u30ff])", composed)  # voicing is no accent
    folded = [piece if i % 2 else bare_of(piece) for i, piece in enumerate(pieces)]
    return "".join(folded)


def bare_of(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    folded = "".join(c for c in apart if not is_dropped(c)).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", folded) if not is_dropped(c))
    return unicodedata.normalize("NFC", bare)


def words_of(text: str) -> list[str]:
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text).split()


def hash_word(word: str) -> int:
    return xxhash.xxh64_intdigest(word.encode()) & ~1 | any("0" <= c <= "9" for c in word)


def tokens_of(text: str) -> list[int]:
    return tokenise_text(text).hashes.tolist()


def texts_of(alphabet: str) -> st.SearchStrategy[str]:
    word = st.text(alphabet, min_size=1, max_size=12)
    return st.lists(st.tuples(word, st.sampled_from(SPACED)), max_size=12).map(
        lambda pieces: "".join(word + gap for word, gap in pieces)
    )


@pytest.mark.parametrize("script", SCRIPTS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_spaced_scripts(script: str, data: st.DataObject) -> None:
    text = data.draw(texts_of(SCRIPTS[script]))
    assert tokens_of(text) == [hash_word(word) for word in words_of(fold_text(text))]


@pytest.mark.parametrize("script", UNSPACED)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_unspaced_scripts_are_tokens_by_character(script: str, data: st.DataObject) -> None:
    text = data.draw(texts_of(UNSPACED[script]))
    # A sara am is one letter to a reader and two to NFKC.
    letters = [unicodedata.normalize("NFKC", c) for word in words_of(text) for c in word]
    assert tokens_of(text) == [hash_word(letter) for letter in letters]


@settings(max_examples=100, deadline=None)
@given(text=st.text(SCRIPTS["ascii"] + SPACED))
def test_ascii_is_lower_case_words(text: str) -> None:
    assert tokens_of(text) == [hash_word(word) for word in re.findall("[a-z0-9]+", text.lower())]


@settings(max_examples=300, deadline=None)
@given(text=st.text(MIXED, max_size=60))
def test_normal_forms_are_one(text: str) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert tokens_of(composed) == tokens_of(apart)


@settings(max_examples=300, deadline=None)
@given(text=st.text(MIXED, max_size=60), form=st.sampled_from(["NFC", "NFD", ""]))
def test_places_index_the_original(text: str, form: str) -> None:
    text = unicodedata.normalize(form, text) if form else text
    tokens = tokenise_text(text)
    edges = np.stack([tokens.starts, tokens.ends], axis=1).ravel().tolist()
    assert edges == sorted(edges)
    assert all(start < end for start, end in zip(tokens.starts, tokens.ends, strict=True))
    assert not edges or edges[-1] <= len(text)
    alone = [tokens_of(text[s:e]) for s, e in zip(tokens.starts, tokens.ends, strict=True)]
    assert alone == [[token] for token in tokens.hashes.tolist()]
    between = "".join(text[e:s] for e, s in zip([0, *edges[1::2]], [*edges[::2], None]))  # noqa: B905  # one is longer
    assert tokens_of(between) == []


@settings(max_examples=50, deadline=None)
@given(text=st.text())
def test_any_text_at_all(text: str) -> None:
    tokens = tokenise_text(text)
    assert len(tokens.hashes) == len(tokens.starts) == len(tokens.ends)


def batch_tokens_of(texts: list[str]) -> list[list[int]]:
    data, begins, sizes = encode_texts(texts)
    tokens, bounds = tokenise_batch(data, begins, sizes, *fold_tables())
    return [tokens[start:end].tolist() for start, end in pairwise(bounds.tolist())]


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.text(MIXED, max_size=60) | texts_of(SCRIPTS["ascii"]), max_size=5))
def test_a_batch_has_the_tokens_of_each_text(texts: list[str]) -> None:
    assert batch_tokens_of(texts) == [tokens_of(text) for text in texts]


@pytest.mark.parametrize("first", range(9))
def test_words_of_every_length_at_every_place(first: int) -> None:
    words = [("aB3xY9zQ7m" * 4)[:size] for size in range(1, 40)]
    text = "." * first + " ".join(words)
    assert batch_tokens_of([text]) == [[hash_word(word.lower()) for word in words]]


def test_every_character_beside_letters() -> None:
    points = [chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000]
    texts = [f"aZ{char}9b {char}ab{char} {char}" for char in points]
    assert batch_tokens_of(texts) == [tokens_of(text) for text in texts]


@pytest.mark.parametrize("word", ["a", "é", "한", "अ"])
def test_long_tokens_are_cut_at_the_bound(word: str) -> None:
    folded = fold_text(word)
    size = -(-MAX_TOKEN_BYTES // len(folded.encode()))  # letters that reach the bound
    whole, rest = divmod(1000, size)
    expected = [hash_word(folded * size)] * whole + [hash_word(folded * rest)] * bool(rest)
    tokens = tokenise_text(f"x {word * 1000} y")
    assert tokens.hashes.tolist() == [hash_word("x"), *expected, hash_word("y")]
    assert (tokens.starts[1], tokens.ends[-2]) == (2, 1002)


@pytest.mark.parametrize("length", [126, 127, 128, 129, 136, 256, 257])
def test_tokens_about_the_bound(length: int) -> None:
    tokens = tokenise_text("a" * length)
    assert [int(e - s) for s, e in zip(tokens.starts, tokens.ends, strict=True)] == [
        min(MAX_TOKEN_BYTES, length - done) for done in range(0, length, MAX_TOKEN_BYTES)
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (unicodedata.normalize("NFD", "한국 신문"), [(0, 6), (7, 13)]),
        ("か\u3099き", [(0, 2), (2, 3)]),
        ("あ\u3099い", [(0, 1), (1, 2), (2, 3)]),  # does not compose
        ("か\u3099\u3099", [(0, 2), (2, 3)]),
        ("x\ud800y", [(0, 1), (2, 3)]),
        ("e\u0301te\u0301 b", [(0, 5), (6, 7)]),
        ("\u0301abc\u0301", [(1, 5)]),
        ("𠮷野家", [(0, 1), (1, 2), (2, 3)]),
        ("👨\u200d👩 a", [(4, 5)]),
        ("ｶﾞ", [(0, 2)]),
        ("র কো", [(0, 1), (2, 4)]),
        ("ক\u09c7\u09be", [(0, 3)]),
    ],
)
def test_places(text: str, places: list[tuple[int, int]]) -> None:
    tokens = tokenise_text(text)
    assert list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)) == places


@pytest.mark.parametrize(
    "text", ["", " \n", "…—“”", "\u0301", "\u200b\ufeff", "\ud83d\ude00", "😀"]
)
def test_nothing_to_read(text: str) -> None:
    assert tokens_of(text) == []
