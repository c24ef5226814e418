"""What texts say in quotation marks and in figures."""

from __future__ import annotations

import pytest

from dedup.match.evidence import analyse_text, find_shared_figures, find_shared_quotes

SAID = "we need more time"


def quoted_words(text: str) -> list[str]:
    wording = analyse_text(text, "en")
    tokens = zip(wording.tokens.starts, wording.tokens.ends, strict=True)
    return [text[a:b] for (a, b), inside in zip(tokens, wording.quoted, strict=True) if inside]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("He said “give us time” and left.", ["give", "us", "time"]),
        ('"Give us," he said, "more time."', ["Give", "us", "more", "time"]),
        ("Il a dit « donnez du temps ».", ["donnez", "du", "temps"]),
        ("Er sagte: „gebt uns Zeit“.", ["gebt", "uns", "Zeit"]),
        ("「時間が欲しい」と言った。", list("時間が欲しい")),
        ('An open " mark quotes nothing\nin the next paragraph "', []),
        ("No marks at all, it's plain.", []),
        ("", []),
    ],
)  # fmt: skip
def test_quoted_words(text: str, quoted: list[str]) -> None:
    assert quoted_words(text) == quoted


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        (f"“{SAID.capitalize()},” he said.", f'The mayor: "{SAID}".', (SAID.capitalize(),)),
        (f"“{SAID}”", f"They said {SAID}.", ()),  # quoted in one only
        ("“we need more”", '"we need more"', ()),  # three words
        (f"“{SAID}” and “not a day less than that”", f"«not a day less than that» «{SAID}»",
         (SAID, "not a day less than that")),
        ("", f"“{SAID}”", ()),
    ],
)  # fmt: skip
def test_shared_quotes(left: str, right: str, shared: tuple[str, ...]) -> None:
    assert find_shared_quotes(analyse_text(left, "en"), analyse_text(right, "en")) == shared


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        ("1.5 million of 3", "3 of 1.5 million", ("1.5",)),
        ("15.000 Mann", "15,000 men, 15000", ("15.000",)),
        ("1.5 and 15", "1,5", ()),
        ("in 2024, 2024 and 10", "10 in 2024", ("2024", "10")),
        ("B2 and 42nd", "42 of B2", ("42",)),
    ],
)
def test_shared_figures(left: str, right: str, shared: tuple[str, ...]) -> None:
    assert find_shared_figures(analyse_text(left, "en"), analyse_text(right, "en"), 12) == shared


def test_so_many_figures_at_most() -> None:
    left, right = analyse_text("10 20 30", "en"), analyse_text("30 20 10", "en")
    assert find_shared_figures(left, right, 2) == ("10", "20")
