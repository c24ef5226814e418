"""Finds which scraped news articles are copies or rewrites of one another, and says why.

    import dedup

    article = dedup.strip_page(text, url="https://…")   # body, spans, attribution, embedded
    match = dedup.compare(left, right)                    # Match or None, with the evidence
    result = dedup.find_duplicates(articles)              # matches, copies, stories
    summary = dedup.clean(["pages/"], "cleaned/")         # the whole run, to files

Names are imported when first used: `import dedup` itself is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dedup.errors import ConfigError, DedupError, InputError
from dedup.version import __version__

if TYPE_CHECKING:
    from dedup.config import Config, load_config
    from dedup.pipeline import Duplicates, clean, compare, find_duplicates
    from dedup.read import read_pages
    from dedup.records import Article, Cluster, Match, Page, Relation
    from dedup.run import CleanOptions
    from dedup.strip import strip_page

_HOMES = {
    "Article": "records",
    "CleanOptions": "run",
    "Cluster": "records",
    "Config": "config",
    "Duplicates": "pipeline",
    "Match": "records",
    "Page": "records",
    "Relation": "records",
    "clean": "pipeline",
    "compare": "pipeline",
    "find_duplicates": "pipeline",
    "load_config": "config",
    "read_pages": "read",
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
    "InputError",
    "Match",
    "Page",
    "Relation",
    "__version__",
    "clean",
    "compare",
    "find_duplicates",
    "load_config",
    "read_pages",
    "strip_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
