"""Expect: a pairs file loaded, each expectation with its line, and refused where it cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from dedup.check.pairs_format import (
    KINDS,
    AttributionForm,
    ExpectForm,
    PageForm,
    PairsForm,
    TruthForm,
)
from dedup.check.yaml_lines import Located, read_located
from dedup.errors import ConfigError
from dedup.records import Page


class Bound(NamedTuple):
    """A bound on one number of every pair."""

    is_least: bool  # else the most
    number: str  # jaccard, containment or story_score
    limit: float


class Expected(NamedTuple):
    """One expectation, with its place."""

    kind: str  # a `Kind`, "attribution" or "truth"
    ids: tuple[str, ...]
    line: int
    why: str | None = None
    known_failure: str | None = None
    bounds: tuple[Bound, ...] = ()
    said: Mapping[str, Any] = MappingProxyType({})  # attribution: field to what must be found
    truth: TruthForm | None = None


class Expectations(NamedTuple):
    """A loaded pairs file. `corpus` is paths or pages; None where the file names none."""

    file: Path
    corpus: Sequence[Path] | Sequence[Page] | None
    expected: tuple[Expected, ...]  # in order of line


def load_expectations(path: str | Path) -> Expectations:
    """A pairs file, checked; paths in it are relative to it.

    Raises `ConfigError` with file and line for what is not YAML, an unknown key, a value of the
    wrong type, an expectation of no kind or of two, two that contradict each other, and none.
    """
    file = Path(path)
    root = read_located(file)
    _check_parts(root)
    form = root.convert(PairsForm)
    expected = [*_read_expect(root), *_read_attribution(root), *_read_truth(root)]
    corpus = _read_corpus(form, root)
    if not expected:
        raise ConfigError(f"{file}: expects nothing; give `expect`, `attribution` or `truth`")
    refuse_contradictions(file, expected)
    return Expectations(file, corpus, tuple(sorted(expected, key=_by_line)))


def _by_line(expected: Expected) -> int:
    return expected.line


def _check_parts(root: Located) -> None:
    """Each part by itself first: for an entry of a mapping msgspec cannot say which it was."""
    for entry in _entries(root, "expect"):
        entry.convert(ExpectForm)
    for _, entry in _items(root, "attribution"):
        entry.convert(AttributionForm)
    for _, entry in _items(root, "corpus"):
        if isinstance(entry.value, dict):
            entry.convert(PageForm)
        else:
            entry.convert(str)
    truth = root.get("truth")
    if truth and isinstance(truth.value, dict):
        truth.convert(TruthForm)


def _entries(root: Located, key: str) -> list[Located]:
    found = root.get(key)
    return found.entries() if found else []


def _items(root: Located, key: str) -> list[tuple[str, Located]]:
    found = root.get(key)
    return found.items() if found else []


def _read_expect(root: Located) -> Iterator[Expected]:
    for entry in _entries(root, "expect"):
        form = entry.convert(ExpectForm)
        kinds = [kind for kind in KINDS if getattr(form, kind) is not UNSET]
        if len(kinds) != 1:
            found = " and ".join(kinds) or "none"
            raise entry.error(f"give exactly one of {', '.join(KINDS)}; found {found}")
        ids: tuple[str, ...] = getattr(form, kinds[0])
        if len(set(ids)) < len(ids):
            twice = next(one for one in ids if ids.count(one) > 1)
            raise entry.error(f"{twice!r} is in the group twice")
        yield Expected(
            kinds[0], ids, entry.line, _known(form.why), _known(form.known_failure), _bounds(form)
        )


def _bounds(form: ExpectForm) -> tuple[Bound, ...]:
    names = [name for name in form.__struct_fields__ if name.startswith(("min_", "max_"))]
    given = [(name, getattr(form, name)) for name in names if getattr(form, name) is not UNSET]
    return tuple(Bound(name[:3] == "min", name[4:], limit) for name, limit in given)


def _known(value: str | UnsetType) -> str | None:
    return None if value is UNSET else value


def _read_attribution(root: Located) -> Iterator[Expected]:
    for article, entry in _items(root, "attribution"):
        form = entry.convert(AttributionForm)
        said = {
            name: getattr(form, name)
            for name in form.__struct_fields__
            if name not in ("why", "known_failure") and getattr(form, name) is not UNSET
        }
        yield Expected(
            "attribution",
            (article,),
            entry.line,
            _known(form.why),
            _known(form.known_failure),
            said=said,
        )


def _read_truth(root: Located) -> Iterator[Expected]:
    entry = root.get("truth")
    if not entry:
        return
    short = isinstance(entry.value, str)
    form = TruthForm(clusters=entry.value) if short else entry.convert(TruthForm)
    if (form.clusters is UNSET) == (form.pairs is UNSET):
        raise entry.error("truth: give either `clusters` or `pairs`")
    why, known_failure = _known(form.why), _known(form.known_failure)
    truth = _place_truth(form, root.file.parent)
    yield Expected("truth", (), entry.line, why, known_failure, truth=truth)


def _place_truth(form: TruthForm, folder: Path) -> TruthForm:
    """The form with the path of its file whole."""
    if isinstance(form.clusters, str):
        return msgspec.structs.replace(form, clusters=str(folder / form.clusters))
    if isinstance(form.pairs, str):
        return msgspec.structs.replace(form, pairs=str(folder / form.pairs))
    return form


def _read_corpus(form: PairsForm, root: Located) -> Sequence[Path] | Sequence[Page] | None:
    if form.corpus is UNSET:
        return None
    if isinstance(form.corpus, dict):
        return [_read_page(key, entry, root.file) for key, entry in _items(root, "corpus")]
    named = [form.corpus] if isinstance(form.corpus, str) else form.corpus
    return [root.file.parent / name for name in named]


def _read_page(page: str, entry: Located, file: Path) -> Page:
    source = f"{file}:{entry.line}"
    if isinstance(entry.value, str):
        return Page(id=page, text=entry.value, source=source)
    form = entry.convert(PageForm)
    if (form.text is UNSET) == (form.html is UNSET):
        raise entry.error(f"page {page!r}: give either `text` or `html`")
    text = form.html if form.text is UNSET else form.text
    known = {name: getattr(form, name) for name in ("url", "outlet", "published", "language")}
    known = {name: value for name, value in known.items() if value is not UNSET}
    return Page(id=page, text=str(text), is_html=form.text is UNSET, source=source, **known)


# What each kind lets a pair's relation be; `None`: no relation. Where two kinds asked of one pair
# have nothing in common, no outcome can satisfy both.
_ALLOWED: dict[str, frozenset[str | None]] = {
    "exact": frozenset({"exact"}),
    "near": frozenset({"exact", "near"}),
    "contains": frozenset({"exact", "near", "contains"}),
    "excerpt": frozenset({"excerpt"}),
    "rewrite": frozenset({"rewrite"}),
    "different": frozenset({None, "excerpt"}),
}
_TOGETHER = ("same_story", "same_copies")


def refuse_contradictions(file: Path, expected: Sequence[Expected]) -> None:
    """Raises `ConfigError` with both lines where no corpus could satisfy two expectations."""
    asked: dict[tuple[str, str], list[Expected]] = {}
    for one in expected:
        if one.kind not in KINDS:
            continue
        for left, right in combinations(sorted(one.ids), 2):
            for other in asked.setdefault((left, right), []):
                if _contradict(one.kind, other.kind):
                    raise ConfigError(
                        f"{file}:{one.line}: {left!r} and {right!r} cannot be {one.kind} "
                        f"and, as line {other.line} says, {other.kind}"
                    )
            asked[left, right].append(one)


def _contradict(kind: str, other: str) -> bool:
    if kind in _TOGETHER or other in _TOGETHER:
        return "different" in (kind, other)
    return not _ALLOWED[kind] & _ALLOWED[other]
