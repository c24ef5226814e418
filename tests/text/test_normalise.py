"""Fold: which characters are words, and which spellings are one."""

import sys
import unicodedata

import pytest

from dedup.text.normalise import DROPPED, IDEOGRAPH, LETTER, SEPARATOR, fold_char, fold_tables
from dedup.text.tokenise import tokenise_text

# Scripts in which no newspaper appears compose across code points that are not composed for them.
_FIRST_ANCIENT = 0x11000

SAME_WORD = [
    ("Kraków", "KRAKÓW"),
    ("straße", "STRASSE"),
    ("ﬁnance", "finance"),
    ("Ｋｙｉｖ", "Kyiv"),
    ("İstanbul", "istanbul"),
    ("ΟΔΟΣ", "οδος"),
    ("οδός", "οδοσ"),
    ("τῷ", "τῶ"),
    ("co\u00adoperate", "cooperate"),
    ("zero\u200bwidth", "zerowidth"),
    ("مُحَمَّد", "محمد"),
    ("محـــمد", "محمد"),
    ("שָׁלוֹם", "שלום"),
    ("ｶﾞｰﾅ", "ガーナ"),
    ("Ⅻ", "xii"),
    ("２０２６", "2026"),
    ("٢٠٢٦", "2026"),
    ("۲۰۲۶", "2026"),
    ("२०२६", "2026"),
    ("๒๐๒๖", "2026"),
    ("𝟚𝟘𝟚𝟞", "2026"),
    ("丽", "丽"),
    ("Всё", "все"),
]
OTHER_WORD = [("か", "が"), ("कि", "की"), ("ก่า", "ก้า"), ("møte", "mote"), ("한국", "한극")]
SAME_WORDS = [
    ("Hawaiʻi", "Hawai'i"),
    ("мʼята", "м’ята"),
    ("בית־ספר", "בית-ספר"),
    ("snake_case", "snake case"),
    ("e\u2011mail", "e-mail"),
]


def hashes_of(text: str) -> list[int]:
    return tokenise_text(text).hashes.tolist()


@pytest.mark.parametrize(("one", "other"), SAME_WORD)
def test_spellings_of_one_word(one: str, other: str) -> None:
    assert hashes_of(one) == hashes_of(other) != []


@pytest.mark.parametrize(("one", "other"), OTHER_WORD)
def test_spellings_of_two_words(one: str, other: str) -> None:
    assert hashes_of(one) != hashes_of(other)


@pytest.mark.parametrize(("one", "other"), SAME_WORDS)
def test_separators_are_alike(one: str, other: str) -> None:
    assert hashes_of(one) == hashes_of(other)
    assert len(hashes_of(one)) == 2


@pytest.mark.parametrize(
    ("chars", "kind"),
    [
        ("aZéß7Ωжאبक한", LETTER),
        ("東京ひらカタ々ไทยລາວဗမာខ្ｱ𠮷丽", IDEOGRAPH),
        ("\u0301\u00ad\u200b\u200d\ufeff\u064e\u05b8\u0640\ufe0f", DROPPED),
        (" \n\t.,;:!?'’-–—_/«»“”…€😀\u05be\u02bc\u3000\u00a0\0", SEPARATOR),
    ],
)
def test_classes(chars: str, kind: int) -> None:
    classes = fold_tables().classes
    assert {char: int(classes[ord(char)]) for char in chars} == dict.fromkeys(chars, kind)


def assigned() -> list[str]:
    points = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    return [char for char in points if unicodedata.category(char) not in ("Cn", "Co")]


def test_every_character_is_the_same_composed_and_decomposed() -> None:
    decomposed = [(char, unicodedata.normalize("NFD", char)) for char in assigned()]
    apart = [(char, parts) for char, parts in decomposed if parts != char]
    assert len(apart) > 13_000  # Hangul syllables and the accented letters
    differing = [c for c, parts in apart if hashes_of(f"x{c}y") != hashes_of(f"x{parts}y")]
    assert [c for c in differing if ord(c) < _FIRST_ANCIENT] == []


def test_every_decimal_digit_is_a_figure() -> None:
    digits = [char for char in assigned() if unicodedata.category(char) == "Nd"]
    assert len(digits) > 600
    assert [hashes_of(f"a{char}") for char in digits] == [
        hashes_of(f"a{unicodedata.decimal(char)}") for char in digits
    ]
    assert all(token & 1 for char in digits for token in hashes_of(char))


def test_folding_twice_is_folding_once() -> None:
    tables = fold_tables()
    letters = [c for c in assigned() if tables.classes[ord(c)] in (LETTER, IDEOGRAPH)]
    once = {char: fold_char(char) for char in letters[:: len(letters) // 9000]}
    assert {c: "".join(map(fold_char, form)) for c, form in once.items()} == once


def test_table_holds_what_fold_char_says() -> None:
    tables = fold_tables()
    for char in assigned()[::37]:
        kind = tables.classes[ord(char)]
        form = int(tables.folded[ord(char)]).to_bytes(8, "little").rstrip(b"\0").decode()
        assert form == (fold_char(char) if kind in (LETTER, IDEOGRAPH) else ""), hex(ord(char))
