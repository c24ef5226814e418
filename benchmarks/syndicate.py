"""Make a syndicated corpus of which every copy, story and trap is known.

Base articles go out to outlets: cut from the end, with paragraphs dropped or moved, under a new
headline, updated, misread by OCR, inside another page. Beside them stand traps: recurring columns
that differ in figures only, two articles with one quotation, pages of one template. One seed, one
corpus.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

Paragraphs = list[str]
Edit = Callable[[Paragraphs, random.Random], Paragraphs]

PARAGRAPH_SENTENCES = 2
VERSIONS = (0, 0, 0, 1, 2, 3, 4, 6)  # copies of a base article besides the first; 3 in 8 have none
COLUMN_DAYS = 12
QUOTE_WORDS = (25, 60)


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the corpus, with what is true of it."""

    id: str
    outlet: str
    kind: str  # the edit or trap that made it
    copies: str  # the same for copies of one article
    story: str  # the same for all that tell one story
    body: str  # headline and paragraphs, as `strip` ought to find them
    text: str  # the page: the body in its outlet's chrome
    carries: str | None = None  # `copies` of the article embedded in this page


class Chrome(NamedTuple):
    """What an outlet puts round every article."""

    outlet: str
    head: Sequence[str]
    tail: Sequence[str]


class Body(NamedTuple):
    """One version of an article, not yet on a page."""

    kind: str
    copies: str
    story: str
    headline: str
    paragraphs: Paragraphs


def split_paragraphs(text: str) -> Paragraphs:
    """A text as paragraphs of two sentences, however its lines were broken."""
    sentences = re.split(r"(?<=[.!?])[\"”’]?\s+(?=[\"“A-Z])", " ".join(text.split()))
    step = PARAGRAPH_SENTENCES
    return [" ".join(sentences[k : k + step]) for k in range(0, len(sentences), step)]


def write_headline(sentence: str) -> str:
    """A headline of the first nine words of a sentence."""
    return " ".join(word.capitalize() for word in sentence.rstrip(".!?").split()[:9])


# Edits: what happens to an article on its way to another outlet.


def leave(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Take it as it is."""
    return paragraphs


def trim_end(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Keep the first 35 to 80 %."""
    return paragraphs[: max(2, round(len(paragraphs) * rng.uniform(0.35, 0.8)))]


def drop_some(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Drop up to a third of the paragraphs after the first."""
    dropped = rng.sample(range(1, len(paragraphs)), max(1, len(paragraphs) // rng.randint(3, 8)))
    return [p for k, p in enumerate(paragraphs) if k not in dropped]


def move_some(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Put the rest of the article, after its first paragraphs, in another order."""
    cut = rng.randint(2, max(2, len(paragraphs) - 2))
    return [*paragraphs[:2], *paragraphs[cut:], *paragraphs[2:cut]]


def update_figures(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """A later version on the wire: half the figures new, the lead reworded, a paragraph more."""

    def change(match: re.Match[str]) -> str:
        return str(int(match[0]) + rng.randint(1, 9)) if rng.random() < 0.5 else match[0]

    updated = [re.sub(r"\b\d{1,4}\b", change, p) for p in paragraphs]
    lead = updated[0].split()
    updated[0] = " ".join(["In", "the", "latest", "developments,", *lead[len(lead) // 3 :]])
    added = "Officials said they expected to release further details in the coming hours."
    place = rng.randint(1, len(updated))
    return [*updated[:place], f"{added} {rng.choice(paragraphs[1:])}", *updated[place:]]


def misread(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Optical character recognition: about one word in twenty-five comes out wrong."""
    swaps = (("rn", "m"), ("l", "1"), ("e", "c"), ("h", "li"), ("o", "0"), ("a", "o"))

    def spoil(word: str) -> str:
        wrong, right = rng.choice(swaps)
        return word.replace(wrong, right, 1) if rng.random() < 0.08 else word

    return [" ".join(spoil(word) for word in p.split()) for p in paragraphs]


def cut_and_update(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """An updated version, trimmed."""
    return trim_end(update_figures(paragraphs, rng), rng)


EDITS: dict[str, Edit] = {
    "as it is": leave,
    "trimmed": trim_end,
    "dropped": drop_some,
    "moved": move_some,
    "updated": update_figures,
    "ocr": misread,
    "updated, trimmed": cut_and_update,
}


# Recurring columns: two of a kind differ in their figures, and are no copies.

COLUMNS: dict[str, str] = {
    "weather": """Weather forecast for {place}. Skies over {place} will be partly cloudy on {day}
with a high of {n} degrees and a low of {n} degrees. Winds from the southwest at {n} to {n}
miles an hour are expected to ease by evening. The chance of rain is {n} percent before noon and
{n} percent after it. Sunrise is at 6:{n} a.m. and sunset at 7:{n} p.m. Humidity will reach {n}
percent in low-lying areas. The outlook for the following days remains mild with highs near {n}.
Residents should carry an umbrella if the chance of rain rises above {n} percent.""",
    "markets": """Stocks in {place} closed mixed on {day} as investors weighed earnings against
interest rates. The benchmark index rose {n} points to {n}{n}, a gain of 0.{n} percent, while the
broader gauge lost 0.{n} percent. Advancing issues outnumbered decliners {n} to {n} on volume of
{n} million shares. Crude oil settled at {n}.{n} dollars a barrel and gold at 1{n}.{n} dollars an
ounce. The yield on the ten-year note was 4.{n} percent. Traders said turnover was in line with the
average of the past {n} sessions. Markets in Asia and Europe ended the session little changed.""",
    "lottery": """Here are the winning numbers drawn on {day} in the {place} lottery. The numbers
drawn were {n}, {n}, {n}, {n} and {n}, with a bonus ball of {n}. The estimated jackpot was {n}
million dollars. There were {n} tickets that matched five numbers and {n} that matched four. The
next drawing will be held in three days with an estimated jackpot of {n} million dollars. Tickets
may be bought until one hour before the drawing. Winners have 180 days to claim their prizes.""",
    "scores": """{place} won its game on {day} by {n} to {n} after leading {n} to {n} at the half.
The hosts made {n} of {n} attempts from the field and {n} of {n} free throws. The visitors were
held to {n} percent shooting and committed {n} turnovers. Attendance was {n}{n}. The win moved
{place} to {n} and {n} on the season with {n} games left to play. The two teams meet again later
this month.""",
}
PLACES = ("Springfield", "Riverton", "Ashford", "Lakewood", "Georgetown", "Milton")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def write_columns(rng: random.Random) -> Iterator[Body]:
    """Every column of every day, each an article of its own."""
    for name, template in COLUMNS.items():
        place = rng.choice(PLACES)
        for day in range(COLUMN_DAYS):
            filled = template.format_map(_Filler(rng, place, DAYS[day % len(DAYS)]))
            text = re.sub(r"\{n\}", lambda _: str(rng.randint(2, 99)), filled)
            own = f"column:{name}:{day}"
            headline = f"{name.capitalize()} for {place}"
            yield Body(f"column, {name}", own, own, headline, split_paragraphs(text))


class _Filler(dict[str, str]):
    """Fills in place and day, and leaves each `{n}` for a figure of its own."""

    def __init__(self, rng: random.Random, place: str, day: str) -> None:
        super().__init__(place=place, day=day, n="{n}")


# Pages: bodies in an outlet's chrome.

SECTIONS = ("News", "Sport", "Business", "Opinion", "Culture", "Travel", "Weather", "Video", "Life")
INVITES = (
    "Subscribe to our newsletter and never miss a story.",
    "Sign up for free to continue reading.",
    "Support independent journalism. Become a member today.",
    "Follow us on Facebook, Twitter and Instagram.",
    "Download our app for the latest headlines.",
    "We use cookies to improve your experience. Read our privacy policy to find out more.",
)


def invent_chrome(count: int, headlines: Sequence[str], rng: random.Random) -> list[Chrome]:
    """Outlets with menus, calls to subscribe, headlines and rights, the same on each page."""
    return [_invent_outlet(f"outlet{k}.example", headlines, rng) for k in range(count)]


def _invent_outlet(outlet: str, headlines: Sequence[str], rng: random.Random) -> Chrome:
    name = outlet.partition(".")[0].capitalize() + " Times"
    head = [name, *rng.sample(SECTIONS, 6), "Search", rng.choice(INVITES)]
    related = ["Related stories", *rng.sample(list(headlines), min(len(headlines), 8))]
    most = ["Most read", *rng.sample(list(headlines), min(len(headlines), 5))]
    tail = ["Share this article", *related, *rng.sample(INVITES, 3), *most]
    rights = f"© 2024 {name}. All rights reserved. No part of this site may be reproduced."
    return Chrome(outlet, head, [*tail, "Contact us", "Advertise", rights])


class Printer:
    """Puts bodies on pages, numbered in order, in the chrome of outlets drawn by chance."""

    def __init__(self, chrome: Sequence[Chrome], rng: random.Random) -> None:
        self.chrome, self.rng, self.printed = chrome, rng, 0

    def print_page(self, body: Body, insert: Body | None = None, *, plain: bool = False) -> Made:
        """A page of one article, with another one embedded below it if given."""
        outlet = self.rng.choice(self.chrome)
        own = "\n".join([body.headline, *body.paragraphs])
        byline = f"By {self.rng.choice(PLACES)} Staff"
        lines = [*outlet.head, body.headline, byline, *body.paragraphs]
        if insert:
            lines += self._embed(insert, plain=plain)
        self.printed += 1
        return Made(
            id=f"page-{self.printed:05d}",
            outlet=outlet.outlet,
            kind=body.kind,
            copies=body.copies,
            story=body.story,
            body=own,
            text="\n".join([*lines, *outlet.tail]),
            carries=insert.copies if insert else None,
        )

    def _embed(self, insert: Body, *, plain: bool) -> list[str]:
        name = self.rng.choice(("CNN", "Reuters", "The Guardian", "Sky News"))
        ago = f"{self.rng.randint(2, 59)} minutes ago"
        opener = ["More top stories"] if plain else ["Related Articles", name, ago, f"- {name}"]
        return [*opener, insert.headline, *insert.paragraphs]


class Sources(NamedTuple):
    """What a corpus is made of."""

    bases: Sequence[str]
    rewrites: Sequence[tuple[str, str]] = ()  # pairs that tell one story in other words
    topical: Sequence[tuple[str, str]] = ()  # pairs on one topic that do not
    chrome: Sequence[Chrome] = ()  # of real sites; invented when empty


def make_corpus(sources: Sources, seed: int = 1, outlets: int = 40) -> list[Made]:
    """The corpus of one seed."""
    rng = random.Random(seed)
    articles = [split_paragraphs(text) for text in sources.bases]
    articles = [paragraphs for paragraphs in articles if len(paragraphs) >= 4]
    headlines = [write_headline(paragraphs[0]) for paragraphs in articles]
    chrome = sources.chrome or invent_chrome(outlets, headlines, rng)
    printer = Printer(chrome, rng)
    hosts = len(articles) // 10
    pages = list(map(printer.print_page, _syndicate(articles[hosts:], rng)))
    pages += _print_hosts(articles, hosts, printer)
    pages += map(printer.print_page, _pair_up("rewrite", sources.rewrites, one_story=True))
    pages += map(printer.print_page, _pair_up("same topic", sources.topical, one_story=False))
    pages += map(printer.print_page, write_columns(rng))
    return pages


def _syndicate(articles: Sequence[Paragraphs], rng: random.Random) -> Iterator[Body]:
    quotes = [_take_quote(paragraphs) for paragraphs in articles]
    for number, paragraphs in enumerate(articles):
        own = f"base:{number}"
        first = list(paragraphs)
        kind = "first"
        quote = quotes[number - 1] if number % 7 == 1 else None
        if quote:  # another article's quotation
            kind, first = "same quote", [*first[:2], quote, *first[2:]]
        yield Body(kind, own, own, write_headline(first[0]), first)
        for _ in range(rng.choice(VERSIONS)):
            edit = rng.choice(list(EDITS))
            sentence = rng.choice(first) if rng.random() < 0.5 else first[0]
            yield Body(edit, own, own, write_headline(sentence), EDITS[edit](first, rng))


def _take_quote(paragraphs: Paragraphs) -> str | None:
    fitting = (p for p in paragraphs if QUOTE_WORDS[0] <= len(p.split()) <= QUOTE_WORDS[1])
    return next((p for p in fitting if '"' in p or "“" in p), None)


def _print_hosts(articles: Sequence[Paragraphs], hosts: int, printer: Printer) -> Iterator[Made]:
    """Pages of articles of their own, each with a syndicated one embedded."""
    for number in range(hosts):
        inside = printer.rng.randrange(len(articles) - hosts)
        paragraphs = articles[hosts + inside]
        insert = Body("", f"base:{inside}", "", write_headline(paragraphs[0]), paragraphs)
        own, host = f"host:{number}", articles[number]
        plain = number % 2 == 1
        kind = "host, plain" if plain else "host"
        body = Body(kind, own, own, write_headline(host[0]), host)
        yield printer.print_page(body, insert, plain=plain)


def _pair_up(kind: str, pairs: Iterable[tuple[str, str]], *, one_story: bool) -> Iterator[Body]:
    for number, pair in enumerate(pairs):
        for side, text in enumerate(pair):
            own = f"{kind}:{number}:{side}"
            paragraphs = split_paragraphs(text)
            story = f"{kind}:{number}" if one_story else own
            yield Body(kind, own, story, write_headline(paragraphs[0]), paragraphs)
