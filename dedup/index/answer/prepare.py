"""Prepare: pages and articles as an index takes them in, stripped and sketched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from dedup.config import Config
from dedup.index.storage.replay import keep_articles
from dedup.index.storage.stored_sketch import StoredSketch
from dedup.records import Article, Page
from dedup.strip.page import make_article, with_language

_encode = msgspec.msgpack.Encoder().encode
_DECODERS = tuple(msgspec.msgpack.Decoder(kind).decode for kind in (Article, Page))


class Prepared(NamedTuple):
    """A page's articles, the main one first, with what is kept of their sketches."""

    articles: tuple[Article, ...]
    kept: tuple[StoredSketch, ...]
    source: str = ""  # where it was read, for messages

    @property
    def id(self) -> str:
        """The page's id."""
        return self.articles[0].id


def find_flaw(page: Page | Article) -> str | None:
    """Why a page cannot be kept, if it cannot."""
    if not isinstance(page, Page | Article):
        return f"not a page and not an article: {type(page).__name__}"
    try:  # written and read again: structs do not look at what they are made of
        _DECODERS[isinstance(page, Page)](_encode(page))
    except UnicodeEncodeError:
        return f"{page.id!a}: holds half a surrogate pair; decode it with errors='replace'"
    except (TypeError, msgspec.ValidationError) as error:
        return f"{page.id!a}: {error}"
    ids = [page.id, *(one.id for one in getattr(page, "embedded", ()))]
    if any("\0" in name for name in ids):  # PostgreSQL stores none
        return f"{page.id!a}: its id holds a NUL; give it another id"
    if len(set(ids)) < len(ids):
        return f"{page.id!a}: two of its articles have one id; give each its own"
    return None


def prepare_pages(pages: Sequence[Page | Article], config: Config) -> list[Prepared]:
    """Strip what is a page, settle languages, sketch every body."""
    split = [_split_page(page, config) for page in pages]
    kept = iter(keep_articles([one for articles in split for one in articles], config.sketch))
    return [
        Prepared(articles, tuple(next(kept) for _ in articles), getattr(page, "source", ""))
        for page, articles in zip(pages, split, strict=True)
    ]


def _split_page(page: Page | Article, config: Config) -> tuple[Article, ...]:
    if isinstance(page, Page):
        article = make_article(page, config.strip)
        embedded = article.embedded
    else:
        article = with_language(page)
        embedded = tuple(with_language(one) for one in page.embedded)
    return msgspec.structs.replace(article, embedded=(), spans=()), *embedded
