"""Finds which scraped news articles are copies or rewrites of one another, and says why.

    import dedup

    article = dedup.strip_page(text, url="https://…")   # body, spans, attribution, embedded
    match = dedup.compare(left, right)                    # Match or None, with the evidence
    result = dedup.find_duplicates(articles)              # matches, copies, stories
    summary = dedup.clean(["pages/"], "cleaned/")         # the whole run, to files

    with dedup.open_index("news.index") as index:         # or "postgresql://host/news"
        verdict = index.add(page)                         # new, a copy, or a rewrite of what?

Names are imported when first used: `import dedup` itself is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dedup.errors import ConfigError, DedupError, InputError, StoreError
from dedup.version import __version__

if TYPE_CHECKING:
    from dedup.config import Config, load_config
    from dedup.corpus.workspace import CleanOptions
    from dedup.index import Index, Verdict, open_index, rebuild_index
    from dedup.pipeline import Duplicates, clean, compare, find_duplicates
    from dedup.read import read_pages
    from dedup.records import Article, Cluster, Match, Page, Rejected, Relation
    from dedup.strip import strip_page

_HOMES = {
    "Article": "records",
    "CleanOptions": "corpus.workspace",
    "Cluster": "records",
    "Config": "config",
    "Duplicates": "pipeline",
    "Index": "index",
    "Match": "records",
    "Page": "records",
    "Rejected": "records",
    "Relation": "records",
    "Verdict": "index",
    "clean": "pipeline",
    "compare": "pipeline",
    "find_duplicates": "pipeline",
    "load_config": "config",
    "open_index": "index",
    "read_pages": "read",
    "rebuild_index": "index",
    "strip_page": "strip",
}

__all__ = [
    "Article",
    "CleanOptions",
    "Cluster",
    "Config",
    "ConfigError",
    "DedupError",
    "Duplicates",
    "Index",
    "InputError",
    "Match",
    "Page",
    "Rejected",
    "Relation",
    "StoreError",
    "Verdict",
    "__version__",
    "clean",
    "compare",
    "find_duplicates",
    "load_config",
    "open_index",
    "read_pages",
    "rebuild_index",
    "strip_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # names not yet imported too, for help() and completion
