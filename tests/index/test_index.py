"""The index, by one protocol over every store: SQLite, PostgreSQL, memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

import dedup
from dedup.config import Config, IndexConfig
from dedup.index import Index
from dedup.index import integrity as proof
from dedup.index.answer import stored_scores as compare
from dedup.index.storage import derived
from dedup.index.storage import segment_set as segments
from dedup.index.storage import sketch_block as block
from dedup.records import Article, Cluster, Page, Rejected, Relation

ROOT = Path(__file__).parents[2]
WORDS = [f"{a}{b}{c}" for a in "bdfgklmn" for b in ("a", "e", "io") for c in ("rst", "lk", "nde")]
DAY = 86_400.0
HELSINKI = ROOT.parent / "shared" / "data" / "helsinki" / "pages.jsonl"
Opener = Callable[..., Index]


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opener(where: str, tmp_path: Path, clock: Clock) -> Iterator[Opener]:
    """Opens an index at one place, and again; closes all in the end."""
    opened: list[Index] = []

    def open_it(config: Config | None = None, **options: object) -> Index:
        given: dict[str, object] = {"cache": tmp_path / "cache", "clock": clock, **options}
        opened.append(dedup.open_index(where, config, **given))  # as given
        return opened[-1]

    yield open_it
    for index in opened:
        index.close()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of eight places, so that a few articles make many segments, and merges."""
    for module in (block, compare, derived, proof, segments):
        monkeypatch.setattr(module, "BLOCK", 8)


def story(number: int, words: int = 120) -> str:
    """A body of invented words that no other number's shares in a row."""
    rng = random.Random(number)
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(words)) + "."


def page(number: int, text: str | None = None, **facts: str) -> Article:
    return Article(
        id=f"p{number:04}", page=f"p{number:04}", text=text or story(number), language="en", **facts
    )


def seeds() -> list[Page]:
    return [found for found in dedup.read_pages([ROOT / "seeds"]) if isinstance(found, Page)]


def trimmed(text: str) -> str:
    """A version without its end: near, not exact."""
    return text[: len(text) * 4 // 5]


def test_a_page_is_new_then_its_copy_is_a_copy_of_it(opener: Opener) -> None:
    index = opener()
    assert index.add(page(1)).status == "new"
    verdict = index.add(page(2, story(1).upper()))
    assert (verdict.status, verdict.canonical) == ("copy", "p0001")
    match = verdict.matches[0]
    assert (match.left, match.right, match.relation) == ("p0002", "p0001", Relation.EXACT)
    assert match.jaccard == match.containment == match.story_score == 1
    assert index.add(page(3)).status == "new"


def test_near_and_contained_articles_are_copies_with_the_passages(opener: Opener) -> None:
    index = opener()
    index.add(page(1))
    near = index.add(page(2, trimmed(story(1))))
    assert (near.status, near.canonical, near.matches[0].relation) == ("copy", "p0001", "near")
    start, end, other, _ = near.matches[0].passages[0]
    assert (start, other) == (0, 0)
    assert story(1)[: end - 1] in trimmed(story(1))
    inside = index.add(page(3, f"{story(7)} {story(1)} {story(8)} {story(9)}"))
    assert (inside.status, inside.canonical) == ("version", "p0001")  # with three more stories
    assert Relation.CONTAINS in [match.relation for match in inside.matches]


def test_a_copy_of_a_copy_is_a_copy_of_what_came_first(opener: Opener) -> None:
    index = opener()
    index.add(page(1))
    index.add(page(2, trimmed(story(1))))
    assert index.add(page(3, trimmed(story(1)))).canonical == "p0001"


def test_the_seeds_are_rewrites_and_what_they_embed_is_told_too(opener: Opener) -> None:
    index = opener()
    verdicts = [index.add(seed) for seed in seeds()]
    assert [verdict.status for verdict in verdicts[:2]] == ["new", "rewrite"]
    assert [verdict.status for verdict in verdicts[3:]] == ["rewrite", "rewrite"]
    assert {verdict.canonical for verdict in verdicts[3:]} == {verdicts[0].id}
    embedding = next(verdict for verdict in verdicts if verdict.embedded)
    assert [one.status for one in embedding.embedded] == ["new", "copy", "new"]
    assert "Lankov" in " ".join(term.text for term in verdicts[3].matches[0].shared_terms)


def test_a_query_answers_as_an_add_would_and_stores_nothing(opener: Opener) -> None:
    index = opener()
    *known, last = seeds()
    for one in known:
        index.add(one)
    assert index.query(last) == index.query(last)
    asked = index.query(last)
    assert last.id not in index
    assert asked == index.add(last)


def test_a_batch_is_told_of_its_own_earlier_pages(opener: Opener) -> None:
    index = opener()
    verdicts = list(index.add_many([page(1), page(2), page(3, story(1)), page(4, story(1))]))
    assert [v.status for v in verdicts] == ["new", "new", "copy", "copy"]
    assert [v.canonical for v in verdicts] == [None, None, "p0001", "p0001"]


def test_adding_one_by_one_and_in_a_batch_tell_the_same(opener: Opener) -> None:
    texts = [story(k % 7) if k % 3 else trimmed(story(k % 7)) for k in range(40)]
    pages = [page(k, text) for k, text in enumerate(texts)]
    index = opener()
    alone = [index.add(one) for one in pages]
    for one in pages:
        index.remove(one.id)
    together = list(index.add_many(pages))
    assert [(v.id, v.status, v.canonical) for v in together] == [
        (v.id, v.status, v.canonical) for v in alone
    ]


def test_a_known_id_is_refused_with_the_remedy_or_replaced(opener: Opener) -> None:
    index = opener()
    index.add(page(1))
    with pytest.raises(dedup.InputError, match=r"has the id 'p0001'; replace it, or remove it"):
        index.add(page(1, story(2)))
    rejected: list[Rejected] = []
    verdicts = index.add_many([page(1), page(5), page(5)], rejected=rejected)
    assert [v.id for v in verdicts] == ["p0005"]
    assert [one.source for one in rejected] == ["p0001", "p0005"]
    assert index.replace(page(1, story(2))).status == "new"
    assert index.query(page(9, story(1))).status == "new"
    assert index.query(page(9, story(2))).canonical == "p0001"
    assert index.verify() == []


def test_what_is_removed_is_not_found_and_may_come_again(opener: Opener) -> None:
    index = opener()
    index.add(page(1))
    assert index.remove("p0001") == 1
    assert (len(index), "p0001" in index) == (0, False)
    assert index.add(page(2, story(1))).status == "new"
    assert index.add(page(1)).canonical == "p0002"
    with pytest.raises(dedup.InputError, match="no page has the id 'p0007'"):
        index.remove("p0007")


def test_a_page_goes_with_what_it_embeds(opener: Opener) -> None:
    index = opener()
    embedding = next(seed for seed in seeds() if dedup.strip_page(seed).embedded)
    index.add(embedding)
    assert index.remove(embedding.id) == 4
    assert len(index) == 0


def test_when_the_first_of_copies_goes_the_next_speaks_for_the_story(opener: Opener) -> None:
    index = opener()
    first, second, *_ = seeds()
    index.add(first)
    for name in ("again", "and again"):
        assert index.add(msgspec.structs.replace(first, id=name)).status == "copy"
    index.remove(first.id)
    verdict = index.query(second)
    assert (verdict.status, verdict.canonical) == ("rewrite", "again")
    asked = index.query(msgspec.structs.replace(first, id="asked"))
    assert (asked.status, asked.canonical) == ("copy", "again")
    index.remove("again")
    assert index.add(second).canonical == "and again"
    assert index.verify() == []


def test_articles_expire_by_when_they_were_added(opener: Opener, clock: Clock) -> None:
    index = opener()
    for number in range(5):
        index.add(page(number))
        clock.now += 30 * DAY
    index.add(page(9, story(4)))
    assert index.expire(before=datetime.fromtimestamp(clock.now - 90 * DAY, UTC)) == 2
    assert [one.id for one in index] == ["p0002", "p0003", "p0004", "p0009"]
    assert index.expire(before=datetime.fromtimestamp(clock.now - 90 * DAY, UTC)) == 0
    index.compact()
    assert [one.id for one in index] == ["p0002", "p0003", "p0004", "p0009"]
    assert index.verify() == []


def test_an_article_comes_out_as_it_went_in(opener: Opener) -> None:
    index = opener()
    given = dedup.strip_page(
        "Peace at last\nBy Ann Lee\nThe war ended on Monday, both sides said.",
        url="https://example.org/peace",
    )
    given = msgspec.structs.replace(given, id="peace", page="peace", language="en")
    index.add(given)
    assert list(index) == [msgspec.structs.replace(given, spans=(), embedded=())]


def test_the_index_survives_being_closed(opener: Opener, where: str) -> None:
    if where == ":memory:":
        pytest.skip("memory does not")
    index = opener()
    before = [index.add(seed) for seed in seeds()]
    index.close()
    again = opener()
    assert len(again) == 8
    assert again.verify() == []
    asked = msgspec.structs.replace(seeds()[4], id="asked")
    assert again.query(asked).canonical == before[0].id


def test_an_open_takes_the_saved_counts_up(opener: Opener, where: str) -> None:
    if where == ":memory:":
        pytest.skip("memory does not survive")
    index = opener()
    list(index.add_many(page(number) for number in range(3)))
    index.close()
    again = opener()
    assert again._store.derived.tally.covered == 3
    assert again._store.derived.tally.articles == 3


@pytest.mark.usefixtures("small_blocks")
def test_many_segments_tell_the_same_as_none(opener: Opener, where: str) -> None:
    rng = random.Random(5)
    numbers = [rng.randrange(60) for _ in range(200)]
    pages = [page(k, story(n) if k % 2 else trimmed(story(n))) for k, n in enumerate(numbers)]
    index = opener()
    first_of: dict[int, str] = {}
    for one, number in zip(pages, numbers, strict=True):
        verdict = index.add(one)
        expected = first_of.setdefault(number, one.id)
        assert verdict.canonical == (None if expected == one.id else expected)
    for one in pages[:50:2]:
        index.remove(one.id)
    assert index.verify() == []
    index.compact()
    assert index.verify() == []
    assert index.stats().segments == 1  # of 40 blocks, 0o50
    if where != ":memory:":
        index.close()
        again = opener()
        assert again.verify() == []
        assert len(again) == 175


@pytest.mark.usefixtures("small_blocks")
def test_a_block_is_full_while_another_process_fills_the_next(opener: Opener, where: str) -> None:
    if where == ":memory:":
        pytest.skip("no other process has it")
    ours, theirs = opener(), opener()
    list(ours.add_many(page(number, story(number)) for number in range(8)))
    list(theirs.add_many(page(number, story(number - 8)) for number in range(8, 17)))
    for number in range(8):
        verdict = ours.query(page(99, trimmed(story(number))))
        assert (verdict.status, verdict.canonical) == ("copy", page(number).id)
        both = {page(number).id, page(number + 8).id}
        assert both <= {match.right for match in verdict.matches}
        assert min(match.containment for match in verdict.matches) > 0.9
    assert ours.verify() == []


def test_clusters_are_those_of_a_batch_run(opener: Opener, tmp_path: Path) -> None:
    pages = seeds()
    random.Random(3).shuffle(pages)
    index = opener()
    for one in pages:
        index.add(one)
    dedup.clean([ROOT / "seeds"], tmp_path / "out")
    lines = (tmp_path / "out" / "clusters.jsonl").read_bytes().splitlines()
    assert index.clusters() == [msgspec.json.decode(line, type=Cluster) for line in lines]


@pytest.mark.skipif(not HELSINKI.exists(), reason="the Helsinki set is not beside the checkout")
@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_clusters_of_helsinki_are_those_of_a_batch_run(opener: Opener, tmp_path: Path) -> None:
    pages = [found for found in dedup.read_pages([HELSINKI]) if isinstance(found, Page)]
    random.Random(7).shuffle(pages)
    index = opener()
    for one in pages[:60]:  # the rest in batches: the clusters are the same, in a tenth of the time
        index.add(one)
    list(index.add_many(pages[60:]))
    assert index.verify() == []
    dedup.clean([HELSINKI], tmp_path / "out")
    lines = (tmp_path / "out" / "clusters.jsonl").read_bytes().splitlines()
    assert index.clusters() == [msgspec.json.decode(line, type=Cluster) for line in lines]


def test_without_texts_the_numbers_are_the_same_and_the_note_says_what_lacks(
    opener: Opener,
) -> None:
    index = opener(Config(index=IndexConfig(store_text=False)))
    verdicts = [index.add(seed) for seed in seeds()]
    assert verdicts[3].status == "rewrite"
    assert verdicts[3].note is not None
    assert "no passages, no terms" in verdicts[3].note
    assert verdicts[3].matches[0].passages == ()
    assert {one.text for one in index} == {""}
    assert index.verify() == []
    assert len(index.clusters()) == 2


def test_statistics_count_what_was_told(opener: Opener) -> None:
    index = opener()
    list(index.add_many([page(1), page(2), page(3, story(1))]))
    index.remove("p0002")
    stats = index.stats()
    assert (stats.articles, stats.statuses, stats.places) == (2, {"copy": 1, "new": 1}, 4)
    assert stats.log_bytes > 0


def test_empty_and_short_bodies(opener: Opener) -> None:
    index = opener()
    assert index.add(Page(id="empty", text="")).status == "new"
    assert index.add(Page(id="empty too", text="")).status == "new"
    short = "Shares in Acme closed higher."
    index.add(page(1, short, title="Acme"))
    assert index.add(page(2, short, title="Other")).status != "copy"
    assert index.add(page(3, short, title="Acme")).canonical == "p0001"
