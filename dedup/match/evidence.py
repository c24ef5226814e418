"""Why two articles match: the passages, rare terms, figures and quotations that they share.

Positions are characters of the two bodies, so that a reader can be shown the very words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Places, Weights
from dedup.config import Config, VerifyConfig
from dedup.match.decision import PairScores, decide_found
from dedup.match.document_frequency import CorpusWeights
from dedup.match.overlap import overlap_shingles
from dedup.match.passages import match_runs
from dedup.match.story_score import score_stories
from dedup.match.verify import PairMeasures, Pairs, decide_relations, have_same_body
from dedup.records import COPY_RELATIONS, Article, Comparison, Corpus, Match, Relation, Term
from dedup.sketch.columns import Sketches
from dedup.sketch.shingles import combine_hashes, mix_bits
from dedup.text.dates import list_days
from dedup.text.rarity import rarity_of, weigh_tokens
from dedup.text.tokenise import Tokens, tokenise_text

Passage = tuple[int, int, int, int]  # left start, left end, right start, right end, in characters

_ANCHOR_WORDS = 5  # shared words in a row from which a passage is extended
_WORDINGS = 1024  # bodies kept ready: pairs come ordered by their left article
_SHOWN_RARITY = np.float32(0.3)  # of each word of a term that is shown: zipf 5, as "president"
_ONE_TERM = re.compile(r"\w+(?:[\s'’-]{1,2}\w+)?")  # no sentence or clause ends within
_LOW = np.uint64(0xFFFFFFFF)
_QUOTE_WORDS = 4  # shared words in a row that are a shared quotation


class AnalysedText(NamedTuple):
    """A body ready to be compared word by word."""

    text: str
    tokens: Tokens
    rarity: Weights  # of each token
    features: Hashes  # packed, sorted, repeats included
    quoted: NDArray[np.bool_]  # of each token: whether it stands in quotation marks
    figures: dict[str, str]  # as `list_figures` has them


def analyse_text(text: str, language: str | None) -> AnalysedText:
    """The wording of a body; terms of a language without known rarity weigh by their length."""
    tokens = tokenise_text(text)
    rarity = weigh_tokens(tokens.hashes, rarity_of(language, [text]))
    packed = _pack_features(tokens.hashes, rarity)
    packed.sort()  # by numpy: ten times as fast as in a kernel
    return AnalysedText(
        text, tokens, rarity, packed, mark_quotes(text, tokens.starts), list_figures(text)
    )


# Packed as in `sketch`: the feature in the high half, twice its word's index below, plus one for a
# pair, so that one sort groups repeats and each still knows where it stands.
@njit(cache=True, nogil=True)
def _pack_features(tokens: Array, rarity: Array) -> Hashes:
    words = tokens.shape[0]
    packed = np.empty(2 * words, dtype=np.uint64)
    found = 0
    high = np.uint64(0xFFFFFFFF00000000)
    for i in range(words):
        if rarity[i] > 0:
            packed[found] = (mix_bits(tokens[i]) & high) | np.uint64(2 * i)
            found += 1
        if i + 1 < words and rarity[i] + rarity[i + 1] > 0:
            pair = mix_bits(combine_hashes(tokens[i], tokens[i + 1]))
            packed[found] = (pair & high) | np.uint64(2 * i + 1)
            found += 1
    return packed[:found]


def find_passages(left: AnalysedText, right: AnalysedText, min_words: int) -> tuple[Passage, ...]:
    """The runs of at least `min_words` words that both texts have, in the right one's order.

    Each is as long as it can be; no word of the right text is in two.

    >>> left = analyse_text("He said: it is a prison without bars, he said.", "en")
    >>> right = analyse_text("A prison without bars!", "en")
    >>> find_passages(left, right, 4)
    ((15, 36, 0, 21),)
    """
    ours, theirs = left.tokens, right.tokens
    runs = match_runs(ours.hashes, theirs.hashes, min(min_words, _ANCHOR_WORDS), min_words)
    return tuple(_in_characters(run, ours, theirs) for run in runs.tolist())


def _in_characters(run: list[int], left: Tokens, right: Tokens) -> Passage:
    i, j, words = run
    return (
        int(left.starts[i]),
        int(left.ends[i + words - 1]),
        int(right.starts[j]),
        int(right.ends[j + words - 1]),
    )


def longest_run(left: AnalysedText, right: AnalysedText, min_words: int) -> int:
    """The words of the longest passage both texts have; 0 where none has `min_words`."""
    width = min(min_words, _ANCHOR_WORDS)
    runs = match_runs(left.tokens.hashes, right.tokens.hashes, width, min_words)
    return int(runs[:, 2].max(initial=0))


def find_shared_quotes(left: AnalysedText, right: AnalysedText) -> tuple[str, ...]:
    """The words, four in a row at least, that both texts have within quotation marks.

    >>> left = analyse_text("“We need more time,” he said.", "en")
    >>> right = analyse_text('The mayor: "we need more time".', "en")
    >>> find_shared_quotes(left, right)
    ('We need more time',)
    """
    if not (left.quoted.any() and right.quoted.any()):
        return ()
    ours, theirs = (_quoted_only(side, k) for k, side in enumerate((left, right)))
    runs = match_runs(ours, theirs, _QUOTE_WORDS, _QUOTE_WORDS)
    starts, ends = left.tokens.starts, left.tokens.ends
    return tuple(
        " ".join(left.text[starts[i] : ends[i + words - 1]].split())
        for i, _, words in sorted(runs.tolist())
    )


def _quoted_only(side: AnalysedText, sign: int) -> Hashes:
    """The token hashes, with those outside quotes replaced by numbers that no other text has."""
    apart = np.arange(len(side.quoted), dtype=np.uint64) * np.uint64(2) + np.uint64(sign)
    return np.where(side.quoted, side.tokens.hashes, apart)


def find_shared_figures(left: AnalysedText, right: AnalysedText, most: int) -> tuple[str, ...]:
    """The figures that both texts have, at most `most`, as the left one writes them, in its order.

    >>> left = analyse_text("15,000 men for 2.5 years", "en")
    >>> right = analyse_text("2.5, 15000", "en")
    >>> find_shared_figures(left, right, 9)
    ('15,000', '2.5')
    """
    shared = left.figures.keys() & right.figures.keys()  # tables have hundreds, and share few
    listed = (written for plain, written in left.figures.items() if plain in shared)
    return tuple(islice(listed, min(most, len(shared))))


def find_shared_terms(left: AnalysedText, right: AnalysedText, most: int) -> tuple[Term, ...]:
    """The heaviest words and pairs that both texts have, at most `most`, heaviest first.

    A word shown in a pair is not shown again by itself.
    """
    found = _rank_shared(left.features, right.features, left.rarity)
    found.sort()
    terms: list[Term] = []
    shown: set[int] = set()  # token hashes
    for place in (found & _LOW).tolist():
        first, last = place >> 1, (place >> 1) + (place & 1)
        used = {int(left.tokens.hashes[first]), int(left.tokens.hashes[last])}
        if used <= shown:
            continue
        written = left.text[left.tokens.starts[first] : left.tokens.ends[last]]
        if not _ONE_TERM.fullmatch(written):
            continue
        shown |= used
        weight = left.rarity[first] + (left.rarity[last] if last > first else 0)
        terms.append(Term(" ".join(written.split()), round(float(weight), 2)))
        if len(terms) == most:
            break
    return tuple(terms)


# A key sorts by weight, heaviest first, then by place: the bits of a positive float32, inverted,
# over the first place in `left` of the feature, packed as there. Most shared features no reader
# would call terms ("Lankov, a", whose `a` says nothing): those are left out.
@njit(cache=True, nogil=True)
def _rank_shared(left: Array, right: Array, rarity: Array) -> Hashes:
    """A key for each feature that both packed lists have."""
    half = np.uint64(32)
    keys = np.empty(left.shape[0], dtype=np.uint64)
    weight = np.empty(1, dtype=np.float32)
    found, i, j = 0, 0, 0
    while i < left.shape[0] and j < right.shape[0]:
        ours, theirs = left[i] >> half, right[j] >> half
        if ours < theirs:
            i += 1
        elif ours > theirs:
            j += 1
        else:
            place = left[i] & _LOW
            first = np.int64(place >> np.uint64(1))
            last = first + np.int64(place & np.uint64(1))
            if min(rarity[first], rarity[last]) >= _SHOWN_RARITY:
                weight[0] = rarity[first] + (rarity[last] if last > first else np.float32(0))
                bits = np.uint64(np.uint32(~weight.view(np.uint32)[0]))
                keys[found] = (bits << half) | place
                found += 1
            while i < left.shape[0] and left[i] >> half == ours:
                i += 1
    return keys[:found]


def explain_pair(
    left: tuple[str, AnalysedText],
    right: tuple[str, AnalysedText],
    relation: Relation | None,
    scores: PairScores,
    config: VerifyConfig,
) -> Comparison:
    """Two articles (id and wording) with the evidence for their relation.

    An excerpt is one only if the texts share a passage of `min_passage_words`, which sketches
    cannot tell: else the relation becomes None.
    """
    (left_id, ours), (right_id, theirs) = left, right
    longest = 0
    if relation == Relation.EXCERPT:
        longest = longest_run(ours, theirs, config.min_passage_words)
        relation = relation if longest else None
    jaccard, containment, story_score = (round(score, 4) for score in scores[:3])
    copied = relation in COPY_RELATIONS  # of these the passages are the evidence
    return Comparison(
        left=left_id,
        right=right_id,
        relation=relation,
        jaccard=jaccard,
        containment=containment,
        story_score=story_score,
        passages=find_passages(ours, theirs, config.shown_passage_words),
        shared_terms=find_shared_terms(ours, theirs, config.shown_terms),
        shared_figures=() if copied else find_shared_figures(ours, theirs, config.shown_terms),
        shared_quotes=() if copied else find_shared_quotes(ours, theirs),
        decisions=decide_found(relation, scores, longest, config) if relation else (),
    )


def compare_rows(
    articles: tuple[Article, Article],
    rows: tuple[int, int],
    sketches: Sketches,
    corpus_weights: CorpusWeights,
    config: Config,
) -> Comparison:
    """What two articles share, the strongest relation that makes, and what decided on each.

    `rows` are theirs in `sketches`. Whether the search proposed the pair does not matter.
    """
    left, right = (np.array([row], dtype=np.uint32) for row in rows)
    first, second = (analyse_text(one.text, one.language) for one in articles)
    days = list_days(one.published for one in articles)
    measures = PairMeasures(
        same_body=bool(have_same_body(sketches, left, right)[0]),
        overlap=overlap_shingles(sketches, left, right),
        story_scores=score_stories(sketches, corpus_weights, left, right),
        days_apart=np.abs(days[:1] - days[1:]),
        longest_passage=longest_run(
            first, second, min(_ANCHOR_WORDS, config.verify.min_passage_words)
        ),
    )
    relation, decisions = decide_relations(measures, config)
    overlap, story_score = measures.overlap, float(measures.story_scores[0])
    shares = float(overlap.jaccard[0]), float(overlap.containment[0])
    scores = PairScores(*shares, story_score, int(overlap.shared[0]))
    named = (articles[0].id, first), (articles[1].id, second)
    found = explain_pair(*named, relation, scores, config.verify)
    return msgspec.structs.replace(found, decisions=decisions)


def explain_pairs(
    pairs: Pairs, corpus: Corpus | Mapping[int, Article], config: VerifyConfig
) -> Iterator[Match]:
    """Each pair with its evidence, in order; what turns out to be no excerpt is left out."""

    @lru_cache(maxsize=_WORDINGS)
    def wording(row: int) -> tuple[str, AnalysedText]:
        article = corpus[row]
        return article.id, analyse_text(article.text, article.language)

    for left, right, relation, jaccard, containment, score, shared in zip(*pairs, strict=True):
        scores = PairScores(float(jaccard), float(containment), float(score), int(shared))
        found = explain_pair(wording(int(left)), wording(int(right)), relation, scores, config)
        if found.relation is not None:
            yield msgspec.convert(found, Match, from_attributes=True)


# Within a paragraph, and no longer than a paragraph: a mark left open quotes nothing.
_QUOTED = re.compile(
    r"“[^“”\n]{3,600}”|\"[^\"\n]{3,600}\"|«[^«»\n]{3,600}»|„[^„“”\n]{3,600}[“”]"
    r"|»[^«»\n]{3,600}«|「[^「」\n]{2,600}」|『[^『』\n]{2,600}』"
)
_FIGURE = re.compile(r"\d(?:[.,]?\d)*")  # begun with one digit: `re` then looks for that fast
_GROUPED = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")  # 15,000 and 15.000 are 15000; 1.5 is not 15


def mark_quotes(text: str, starts: Places) -> NDArray[np.bool_]:
    """Which of the words that start at these characters stand in quotation marks."""
    spans = [match.span() for match in _QUOTED.finditer(text)]
    opened = np.array([start for start, _ in spans], dtype=np.int64)
    closed = np.array([end for _, end in spans], dtype=np.int64)
    if not spans:
        return np.zeros(len(starts), dtype=np.bool_)
    last = np.searchsorted(opened, starts, side="right") - 1
    quoted: NDArray[np.bool_] = (last >= 0) & (starts < closed[np.maximum(last, 0)])
    return quoted


def find_quotes(text: str) -> Iterator[tuple[int, int]]:
    """Where each quotation of four words or more begins and ends, its marks included."""
    for match in _QUOTED.finditer(text):
        if len(match[0].split()) >= _QUOTE_WORDS:
            yield match.span()


def find_figures(text: str) -> Iterator[tuple[int, int]]:
    """Where each figure begins and ends, those of one digit included."""
    return (match.span() for match in _FIGURE.finditer(text))


def list_figures(text: str) -> dict[str, str]:
    """The figures of a text, without what groups their digits, and as first written.

    A digit alone is left out: everything has a 1.

    >>> list_figures("15,000 men for 2.5 years, 3 dead")
    {'15000': '15,000', '2.5': '2.5'}
    """
    found: dict[str, str] = {}
    for figure in _FIGURE.findall(text):
        plain = figure if figure.isdecimal() else _GROUPED.sub("", figure)
        if len(plain) > 1:
            found.setdefault(plain, figure)
    return found
