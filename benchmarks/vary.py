"""Make a corpus of any size that is as unlike itself as news is, with known copies.

    python benchmarks/vary.py 1000000 -o million.jsonl

An *epoch* is the whole of `news_30k` with its words exchanged: every word for another about as
frequent in the set, by one bijection an epoch. So Zipf's law, lengths, punctuation, jargon, real
copies and real stories stay as they are within an epoch, while between epochs no two articles have
more in common than any two articles on other days. Words seen rarely get in half of the cases a
spelling that no other epoch has: names, of which a larger corpus has more. The 20 commonest words
stay. Recombining sentences instead would make every article share passages with many others.

One article in twenty has one to three copies besides: as it is, trimmed, dropped, moved, updated
or misread (`syndicate.EDITS`). A line has the keys `id text`, and `copies`: the same for copies of
one article, which `dedup` does not read. Articles come in the order of their epochs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from syndicate import EDITS, split_paragraphs

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_WORD = re.compile(r"([A-Za-z]+|[0-9]+)")
_KEPT_WORDS = 20  # the commonest stay: five of them in a row are rare
_BAND_GROWTH = 1.5  # of ranks: words change places with words of their own band
_RARE = 5  # times seen, at most: half of these get an epoch's own spelling
_COPIED = 0.05  # share of articles with copies
_MOST_COPIES = 3
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


class Cut(NamedTuple):
    """A text cut at its words: `gaps[0] words[0] gaps[1] words[1] … gaps[n]`."""

    id: str
    gaps: list[str]
    words: list[int]  # numbers of written forms


class Source(NamedTuple):
    """The set, cut."""

    texts: list[Cut]
    forms: list[str]  # every way a word is written, by number
    uses: list[int]


class Varied(NamedTuple):
    """An article of the corpus."""

    id: str
    text: str
    copies: str  # the same for copies of one article


def cut_texts(path: Path) -> Source:
    """Read `news_30k` and cut its texts at their words."""
    numbers: dict[str, int] = {}
    gaps: dict[str, str] = {}
    texts = []
    uses: Counter[int] = Counter()
    with gzip.open(path, "rb") as file:
        for line in map(json.loads, file):
            parts = _WORD.split(line["text"])
            words = [numbers.setdefault(word, len(numbers)) for word in parts[1::2]]
            texts.append(Cut(line["id"], [gaps.setdefault(g, g) for g in parts[::2]], words))
            uses.update(words)
    return Source(texts, list(numbers), [uses[k] for k in range(len(numbers))])


def make_epoch(source: Source, epoch: int) -> list[str]:
    """What each written form is in this epoch; epoch 0 is the set itself."""
    if epoch == 0:
        return source.forms
    chance = random.Random(f"epoch {epoch}")
    uses: Counter[str] = Counter()
    for form, used in zip(source.forms, source.uses, strict=True):
        uses[form.lower()] += used
    exchanged: dict[str, str] = {}
    kinds: dict[str, list[str]] = {}
    for word, _ in sorted(uses.items(), key=lambda item: (-item[1], item[0])):
        kinds.setdefault(str(len(word)) if word.isdigit() else "word", []).append(word)
    for kind, words in kinds.items():
        exchanged.update(_exchange(words, _KEPT_WORDS if kind == "word" else 0, chance))
    for number, (word, used) in enumerate(uses.items()):
        if used <= _RARE and not word.isdigit() and chance.random() < 0.5:
            exchanged[word] = word[:2] + _spell(epoch * len(uses) + number)
    return [_write_as(exchanged[form.lower()], form) for form in source.forms]


def _exchange(words: Sequence[str], kept: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    yield from ((word, word) for word in words[:kept])
    start = kept
    while start < len(words):
        stop = max(start + 10, int(start * _BAND_GROWTH))
        band = list(words[start:stop])
        yield from zip(band, chance.sample(band, len(band)), strict=True)
        start = stop


def _spell(number: int) -> str:
    syllables = []
    while number:
        number, place = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables)


def _write_as(word: str, form: str) -> str:
    """The word in the case of another."""
    if form.islower() or form.isdigit():
        return word
    if form.isupper() and len(form) > 1:
        return word.upper()
    return word.capitalize()


def vary_articles(source: Source) -> Iterator[Varied]:
    """Articles without end, epoch after epoch, each with its copies."""
    for epoch in count():
        forms = make_epoch(source, epoch)
        chance = random.Random(f"copies {epoch}")
        for cut in source.texts:
            own = f"{epoch:03}/{cut.id}"
            text = _join_words(cut, forms)
            yield Varied(own, text, own)
            if chance.random() < _COPIED:
                yield from _copy_article(own, text, chance)


def _join_words(cut: Cut, forms: Sequence[str]) -> str:
    parts = [""] * (2 * len(cut.words) + 1)
    parts[::2] = cut.gaps
    parts[1::2] = [forms[word] for word in cut.words]
    return "".join(parts)


def _copy_article(own: str, text: str, chance: random.Random) -> Iterator[Varied]:
    paragraphs = split_paragraphs(text)
    if len(paragraphs) < 4:
        return
    for number in range(1, chance.randint(1, _MOST_COPIES) + 1):
        kind = chance.choice(list(EDITS))
        yield Varied(f"{own}~{number}", "\n".join(EDITS[kind](paragraphs, chance)), own)


def write_corpus(articles: int, out: Path, data: Path = DATA) -> None:
    """Write so many articles as JSON Lines."""
    source = cut_texts(data / "news_30k" / "articles.jsonl.gz")
    with out.open("w", encoding="utf-8") as file:
        for article in islice(vary_articles(source), articles):
            file.write(json.dumps(article._asdict(), ensure_ascii=False) + "\n")


def main() -> None:
    """Make a corpus from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    if not (options.data / "news_30k").is_dir():
        sys.exit(f"{options.data / 'news_30k'}: not there; name the sets' folder with --data")
    write_corpus(options.articles, options.out, options.data)


if __name__ == "__main__":
    main()
