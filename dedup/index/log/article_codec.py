"""Records: articles as the log keeps them, and back."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import zstandard

from dedup.records import Article, ArticleKind, Attribution

_LEVEL = 1  # of zstd: 3 makes bodies of 2 kB no smaller, 4 by a hundredth


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """An article without what the row has beside it; lists, for names would outweigh values."""

    text: str | None  # None: bodies are not stored
    length: int
    page: str | None  # None: the id
    kind: ArticleKind = "main"
    title: str | None = None
    url: str | None = None
    outlet: str | None = None
    published: str | None = None
    language: str | None = None
    attribution: Attribution | None = None
    warnings: tuple[str, ...] = ()
    worry: float = 0.0


class Filed(NamedTuple):
    """An article as it comes out of the log."""

    article: Article  # with an empty text where bodies are not stored
    length: int  # characters of its body
    has_text: bool


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode


class Packer:
    """Packs and unpacks articles; for one thread at a time."""

    def __init__(self, *, store_text: bool) -> None:
        self._store_text = store_text
        self._compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self._decompress = zstandard.ZstdDecompressor().decompress

    def pack(self, article: Article) -> bytes:
        """An article, compressed, with its text where texts are stored."""
        said = article.attribution
        stored = _Stored(
            text=article.text if self._store_text else None,
            length=len(article.text),
            page=article.page if article.page != article.id else None,
            kind=article.kind,
            title=article.title,
            url=article.url,
            outlet=article.outlet,
            published=article.published,
            language=article.language,
            attribution=said if said != Attribution() else None,
            warnings=article.warnings,
            worry=article.worry,
        )
        return self._compress(_encode(stored))

    def unpack(self, packed: bytes, article_id: str) -> Filed:
        """The article of this id."""
        stored = _decode(self._decompress(packed))
        article = Article(
            id=article_id,
            page=stored.page or article_id,
            kind=stored.kind,
            text=stored.text or "",
            title=stored.title,
            url=stored.url,
            outlet=stored.outlet,
            published=stored.published,
            language=stored.language,
            attribution=stored.attribution or Attribution(),
            warnings=stored.warnings,
            worry=stored.worry,
        )
        return Filed(article, stored.length, stored.text is not None)
