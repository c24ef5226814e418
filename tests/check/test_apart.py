"""Why articles that match are not together: the setting of `cluster` or `verify` that decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dedup.check import Analysis, analyse_corpus
from dedup.check.expectations import Expectations, Expected
from dedup.check.judge import judge_expected
from dedup.config import CandidatesConfig, ClusterConfig, Config, VerifyConfig
from dedup.read import read_pages
from dedup.records import Article, Page
from dedup.strip.page import make_article

ROOT = Path(__file__).parents[2]
SEEDS = [page for page in read_pages(ROOT / "seeds") if isinstance(page, Page)]
BBC, USSA = "003_6a0d19d922ab8790", "000_1e9884309846ef1e"
REFINERIES = (ROOT / "tests" / "expected" / f"{BBC}#1.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def seeds() -> list[Article]:
    return [make_article(page, Config().strip) for page in SEEDS]


def explain(kind: str, ids: tuple[str, ...], analysis: Analysis) -> str:
    expectations = Expectations(Path("pairs.yaml"), None, ())
    verdict = judge_expected(Expected(kind, ids, 1), expectations, analysis)
    assert not verdict.ok
    return verdict.message


def new_article(article_id: str, text: str) -> Article:
    return Article(id=article_id, page=article_id, text=text, language="en")


def test_cohesion_decides(seeds: list[Article]) -> None:
    config = Config(cluster=ClusterConfig(min_story_cohesion=0.95))
    message = explain("same_story", (USSA, BBC), Analysis(seeds, config))
    assert "story score 0.7" in message
    assert re.search(
        r"but mean story score across their stories 0\.\d+ misses "
        r"cluster\.min_story_cohesion 0\.95 by 0\.\d+",
        message,
    )


def test_search_decides(seeds: list[Article]) -> None:
    config = Config(candidates=CandidatesConfig(story_bits=5000))
    message = explain("same_story", (USSA, BBC), Analysis(seeds, config))
    assert "but the search did not propose them (settings under `candidates`)" in message


def test_fill_decides() -> None:
    parts = REFINERIES.split(". ")
    texts = {"whole": REFINERIES, "part": ". ".join(parts[-8:])}
    articles = [new_article(*named) for named in texts.items()]
    config = Config(
        verify=VerifyConfig(min_jaccard=0.9),
        cluster=ClusterConfig(min_length_coverage=0.8, min_lead_coverage=0.9),
    )
    message = explain("same_copies", ("whole", "part"), Analysis(articles, config))
    assert "containment 1 reaches verify.min_containment" in message
    assert re.search(
        r"but share of the longer that the shorter is, 0\.\d+ misses "
        r"cluster\.min_length_coverage 0\.8 by 0\.\d+ "
        r"and share of its lead 0\.\d+ misses cluster\.min_lead_coverage 0\.9",
        message,
    )


def test_kinship_and_tied_share_decide() -> None:
    # Two halves of one article, and the whole, which contains both: a round-up of strangers.
    sentences = REFINERIES.split(". ")
    half = len(sentences) // 2
    texts = {
        "first": ". ".join(sentences[:half]),
        "second": ". ".join(sentences[half:]),
        "whole": REFINERIES,
    }
    articles = [new_article(*named) for named in texts.items()]
    kin = Config(cluster=ClusterConfig(min_containment_across=0.1))
    message = explain("same_copies", ("first", "second", "whole"), Analysis(articles, kin))
    assert re.search(
        r"but least containment across their copies 0 misses cluster\.min_containment_across",
        message,
    )
    loose = Config(cluster=ClusterConfig(min_containment_across=0, min_copy_share=0.9))
    message = explain("same_copies", ("first", "second", "whole"), Analysis(articles, loose))
    assert re.search(
        r"but share of pairs across their copies that match, 0\.5 misses "
        r"cluster\.min_copy_share 0\.9 by 0\.4",
        message,
    )


def test_short_pairs_are_held_to_the_higher_bar() -> None:
    lines = REFINERIES.split(". ")
    short = {"one": ". ".join(lines[:2]), "other": ". ".join([*lines[:1], *lines[6:8]])}
    articles = [new_article(*named) for named in short.items()]
    verify = VerifyConfig(min_jaccard=0.25, min_jaccard_short=0.7, enough_shingles=50)
    message = explain("near", ("one", "other"), Analysis(articles, Config(verify=verify)))
    assert re.search(
        r"jaccard 0\.\d+ misses verify\.min_jaccard_short 0\.7 by 0\.\d+ "
        r"\(shared shingles: \d+, under verify\.enough_shingles 50\)",
        message,
    )


def test_an_empty_body_is_different_from_nothing() -> None:
    articles = [new_article("none", " …\n"), new_article("some", REFINERIES)]
    for kind in ("different", "near"):
        message = explain(kind, ("none", "some"), Analysis(articles))
        assert "none has an empty body: stripping took all of its page" in message


def test_embedded_articles_are_in_the_corpus() -> None:
    assert f"{BBC}#1" in analyse_corpus(SEEDS).articles


def test_short_bodies_are_no_copies_without_a_title() -> None:
    notices = [new_article(name, "Qtly div 10 cts vs 10 cts prior") for name in "ab"]
    message = explain("same_copies", ("a", "b"), Analysis(notices))
    assert (
        "but words, under different titles or none, 8 misses cluster.min_copy_words 12" in message
    )
