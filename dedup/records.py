"""The nouns: what every stage takes and returns. Plain frozen values, no behaviour beyond views."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import msgspec

# A folder that holds these is the output of `dedup clean`: reading it would make every page a copy.
RUN_MARKS = frozenset({"articles.jsonl", "matches.jsonl", "clusters.jsonl"})


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One scraped input, as it came.

    `text` is plain text with its chrome left in, or HTML source where `is_html`.
    `source` says where it was read (`folder/page.txt`, `pages.jsonl:17`), for messages.
    """

    id: str
    text: str
    is_html: bool = False
    url: str | None = None
    outlet: str | None = None  # the site; `read` fills it from the URL's host
    published: str | None = None  # ISO 8601, as given
    language: str | None = None  # ISO 639-1, as given
    source: str = ""


class Rejected(msgspec.Struct, frozen=True):
    """An input that was not read, with a reason a person can act on."""

    source: str
    reason: str


class SpanKind(StrEnum):
    """What a stretch of a page is. Everything but `BODY` is paratext and leaves the body."""

    BODY = "body"
    BLANK = "blank"  # white space between lines
    DUPLICATE_HEADLINE = "duplicate_headline"
    BREADCRUMB = "breadcrumb"
    CALL_TO_ACTION = "call_to_action"  # "Also read", "Subscribe now", "Click here"
    SHARE = "share"  # share bars, like and comment counters
    AD = "ad"
    CAPTION = "caption"  # photo captions and credits
    TIMESTAMP = "timestamp"
    MENU = "menu"
    SECTION_OPENER = "section_opener"  # "Related articles", "Comments", "Hashtags"
    TAIL = "tail"  # what follows a section opener late in the page
    EMBEDDED = "embedded"  # another article, carried whole by this page
    ATTRIBUTION = "attribution"  # by-lines, datelines, credit lines
    RIGHTS = "rights"  # copyright and licence text
    BOILERPLATE = "boilerplate"  # what an outlet repeats on many stories


class Span(msgspec.Struct, frozen=True, gc=False):
    """A mark on the original text: characters `start:end`, what they are, and by which rule."""

    start: int
    end: int
    kind: SpanKind
    rule: str


class Attribution(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who wrote, carried and owns an article, as its page says."""

    author: str | None = None
    contributors: tuple[str, ...] = ()
    agency: str | None = None  # "AP", "Reuters", "AFP"
    source: str | None = None  # the outlet it was taken from
    source_url: str | None = None
    republisher: str | None = None
    rights: str | None = None


ArticleKind = Literal["main", "embedded"]


DOUBT = 0.5  # worry from which an article is in doubt: benchmarks/README.md, Pages in doubt


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """What a page carries: its main article (`id` = the page's) or one embedded in it (`id#1`, …).

    `text` is the body: the article's own words, headline first, one line a block.
    `spans` of a main article partition the page's text from first to last character: joining
    `page_text[s.start:s.end]` over them gives the page back exactly. `spans` of an embedded
    article partition its own stretch of the page.
    """

    id: str
    page: str
    kind: ArticleKind = "main"
    text: str
    title: str | None = None
    url: str | None = None
    outlet: str | None = None
    published: str | None = None
    language: str | None = None
    attribution: Attribution = Attribution()
    spans: tuple[Span, ...] = ()
    embedded: tuple[Article, ...] = ()  # of a main article only
    warnings: tuple[str, ...] = ()
    worry: float = 0.0  # how likely it is that stripping went wrong, 0 to 1: see `strip.worry`
    worries: tuple[str, ...] = ()  # the reasons

    @property
    def in_doubt(self) -> bool:
        """Whether stripping may have gone wrong: it is not dropped, and stands for no other."""
        return bool(self.warnings) or self.worry >= DOUBT

    @property
    def body(self) -> str:
        """The article's own words: another name for `text`, which is its key in the files."""
        return self.text

    @property
    def removed(self) -> tuple[Span, ...]:
        """The spans that left the body, blank ones aside."""
        return tuple(s for s in self.spans if s.kind not in (SpanKind.BODY, SpanKind.BLANK))


Corpus = Sequence[Article]  # in order of page id; may read each article from disk when asked


class Relation(StrEnum):
    """How two articles are alike, the relations that make copies first."""

    EXACT = "exact"  # the same normalised body
    NEAR = "near"  # Jaccard of 5-word shingles >= min_jaccard
    CONTAINS = "contains"  # containment of the shorter >= min_containment
    REWRITE = "rewrite"  # the same rare words: story score >= min_story_score
    EXCERPT = "excerpt"  # a shared passage of >= min_passage_words; never merges


COPY_RELATIONS = frozenset({Relation.EXACT, Relation.NEAR, Relation.CONTAINS})


class Term(msgspec.Struct, frozen=True):
    """A rare word or pair of words that both articles have, as the left one writes it."""

    text: str
    weight: float  # of its words, by rarity: 1 for one in 100,000, 8 for one in a hundred million


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The measure of a pair that gave it a relation, or kept it from that, beside its setting."""

    relation: Relation
    measure: str
    value: float
    setting: str
    limit: float
    met: bool  # whether the pair may have the relation, as far as this goes
    note: str = ""  # what else counted


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What two articles share, in numbers and evidence, whether or not it makes them a match.

    `passages` are (left start, left end, right start, right end) in characters of the two bodies;
    `shared_terms` the rarest words and word pairs both have, heaviest first; `shared_figures` and
    `shared_quotes` are as the left one writes them, in its order, and left empty for copies.
    `decisions` say of each relation but `exact` what decided, where two articles were compared by
    themselves.
    """

    left: str
    right: str
    relation: Relation | None
    jaccard: float  # of distinct 5-word shingles
    containment: float  # share of the shorter's shingles in the longer
    story_score: float  # the probability that both tell one story: see `score`
    passages: tuple[tuple[int, int, int, int], ...] = ()
    shared_terms: tuple[Term, ...] = ()
    shared_figures: tuple[str, ...] = ()
    shared_quotes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()


class Match(Comparison, frozen=True, kw_only=True):
    """A verified pair: `left` comes before `right` in the order of the corpus."""

    relation: Relation


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is new in an article against another, and what of the other's is gone.

    A word is new if no run of five words that it stands in is in the other. `new_passages` are the
    runs of new words, as (start, end) in characters of the body. Figures and quotations are those
    that hold a new word, or one that is gone, as their text writes them.
    """

    new_words: int
    new_passages: tuple[tuple[int, int], ...]
    figures_added: tuple[str, ...]
    figures_gone: tuple[str, ...]
    quotes_added: tuple[str, ...]
    quotes_gone: tuple[str, ...]


ClusterLevel = Literal["copies", "story"]


class Tie(msgspec.Struct, frozen=True):
    """The pair that holds a cluster together least."""

    left: str
    right: str
    relation: Relation
    score: float  # containment in copies, story score in a story


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Two or more articles that are copies of one another, or tell one story."""

    id: str
    level: ClusterLevel
    canonical: str
    rule: str  # which rule chose the canonical
    members: tuple[str, ...]  # the canonical included, ascending
    versions: tuple[str, ...] = ()  # of copies: members kept for their own text, ascending
    weakest: Tie
    outlets: tuple[str, ...]
    first_published: str | None
