"""Write: the files of a finished run. Each appears whole, in order of id, or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
import xxhash

from dedup.errors import InputError
from dedup.records import Article, ArticleKind, Attribution, Changes, Match

# "known": kept by an older run, and in no file of this one.
ArticleStatus = Literal["kept", "version", "copy", "rewrite", "embedded", "empty", "known"]
_MOST_NAME = 60  # characters, of at most four bytes; file systems allow 255 bytes
_encoder = msgspec.json.Encoder()


class ArticleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `articles.jsonl`."""

    id: str
    page: str
    kind: ArticleKind
    outlet: str | None
    url: str | None
    published: str | None
    language: str | None
    title: str | None
    text: str
    words: int
    digest: str  # of the body's words, 32 hex digits: equal where `exact`
    status: ArticleStatus
    copies: str | None  # the cluster of copies it is in
    story: str | None  # the story it is in
    canonical: str | None  # of a copy or rewrite the article kept in its stead; of a version, its
    covered_by: tuple[str, ...]  # of a copy: the kept articles that have its text, most of it first
    new_words: int | None  # of a version: words that its canonical article has not
    changes: Changes | None  # of a version: which, and which figures and quotations changed
    attribution: Attribution
    warnings: tuple[str, ...]
    worry: float  # how likely it is that stripping went wrong
    worries: tuple[str, ...]  # why


class MatchLine(Match, frozen=True, kw_only=True):
    """A line of `matches.jsonl`: a match, with what tells a reader what it is of."""

    left_title: str | None
    right_title: str | None
    left_outlet: str | None
    right_outlet: str | None
    passage_texts: tuple[str, ...]  # of each of `passages`, as the left article writes it
    shared_by: tuple[str, ...] = ()  # of an excerpt that many share: all that have the passage


class ArticleOutcome(NamedTuple):
    """What became of an article."""

    status: ArticleStatus
    copies: str | None
    story: str | None
    canonical: str | None
    covered_by: tuple[str, ...] = ()
    changes: Changes | None = None


def line_of(article: Article, words: int, digest: str, outcome: ArticleOutcome) -> ArticleLine:
    """The line that tells all of an article."""
    return ArticleLine(
        id=article.id,
        page=article.page,
        kind=article.kind,
        outlet=article.outlet,
        url=article.url,
        published=article.published,
        language=article.language,
        title=article.title,
        text=article.text,
        words=words,
        digest=digest,
        status=outcome.status,
        copies=outcome.copies,
        story=outcome.story,
        canonical=outcome.canonical,
        covered_by=outcome.covered_by,
        new_words=outcome.changes.new_words if outcome.changes else None,
        changes=outcome.changes,
        attribution=article.attribution,
        warnings=article.warnings,
        worry=article.worry,
        worries=article.worries,
    )


def match_line_of(
    match: Match, left: Article, right: Article, shared_by: tuple[str, ...] = ()
) -> MatchLine:
    """The line that tells all of a match."""
    return MatchLine(
        **msgspec.structs.asdict(match),
        left_title=left.title,
        right_title=right.title,
        left_outlet=left.outlet,
        right_outlet=right.outlet,
        passage_texts=tuple(left.text[start:end] for start, end, _, _ in match.passages),
        shared_by=shared_by,
    )


def encode_lines(lines: Iterable[msgspec.Struct]) -> bytes:
    """JSON Lines."""
    return _encoder.encode_lines(lines)


def write_lines(path: Path, lines: Iterable[msgspec.Struct]) -> None:
    """Write JSON Lines."""
    path.write_bytes(encode_lines(lines))


def write_json(path: Path, value: Any) -> None:
    """Write one JSON value, for people: indented, in the order given."""
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def write_body(folder: Path, article_id: str, text: str) -> None:
    """Write a kept body under its page's own path; raises OSError where the path cannot be."""
    path = folder / f"{article_id}.txt"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(f"{article_id!r} leads out of the folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; raises `InputError` where it is, or cannot be."""
    if path.exists():
        raise InputError(f"{path}: is there already; name another folder or move it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def name_file(name: str) -> str:
    """A name from an input as that of a file: no path, not hidden, not too long.

    >>> name_file("bbc.co.uk"), name_file("../x")
    ('bbc.co.uk', '_x-ade92')
    """
    plain = re.sub(r"[^\w.-]+", "_", name).lstrip(".")[:_MOST_NAME]
    if plain == name:
        return name
    return f"{plain}-{xxhash.xxh3_64_hexdigest(name.encode())[:5]}"  # apart from its likes


JsonLine = TypeVar("JsonLine", bound=msgspec.Struct)


def read_lines(path: Path, kind: type[JsonLine]) -> Iterator[JsonLine]:
    """The lines of a file of a finished run; raises `InputError` where it is none."""
    decode = msgspec.json.Decoder(kind).decode
    try:
        with path.open("rb") as file:
            yield from map(decode, file)
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise InputError(f"{message}; name the output folder of dedup clean") from None
    except msgspec.DecodeError as error:
        raise InputError(f"{path}: not written by dedup clean: {error}") from None


def read_summary(run: Path) -> dict[str, Any]:
    """The summary of a finished run; raises `InputError` where `run` is none."""
    try:
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        if isinstance(summary.get("dropped_words"), dict):
            return dict(summary)
        problem = "no dropped_words: written by an older dedup"
    except (OSError, ValueError, AttributeError) as error:
        problem = str(error)
    message = f"{run / 'summary.json'}: cannot be read: {problem}"
    raise InputError(f"{message}; name the output folder of dedup clean")
