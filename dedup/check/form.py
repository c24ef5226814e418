"""Form: what may stand in a pairs file. The structs are the format, and its JSON Schema."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

Kind = Literal[
    "exact", "near", "contains", "excerpt", "rewrite", "same_story", "same_copies", "different"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Two or more articles; `id#1` is the first embedded in `id`.
Group = Annotated[
    tuple[str, ...],
    Meta(min_length=2, extra_json_schema={"uniqueItems": True}),
]
Score = Annotated[float, Meta(ge=0, le=1)]
Reason = Annotated[str, Meta(min_length=1)]


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every part of a pairs file: an unknown key is an error."""


class ExpectForm(Form, frozen=True):
    """What must hold of each pair of a group. Exactly one kind, and what else bounds it."""

    exact: Group | UnsetType = UNSET
    near: Group | UnsetType = UNSET
    contains: Group | UnsetType = UNSET
    excerpt: Group | UnsetType = UNSET
    rewrite: Group | UnsetType = UNSET
    same_story: Group | UnsetType = UNSET
    same_copies: Group | UnsetType = UNSET
    different: Group | UnsetType = UNSET
    why: str | UnsetType = UNSET
    min_jaccard: Score | UnsetType = UNSET
    max_jaccard: Score | UnsetType = UNSET
    min_containment: Score | UnsetType = UNSET
    max_containment: Score | UnsetType = UNSET
    min_story_score: Score | UnsetType = UNSET
    max_story_score: Score | UnsetType = UNSET
    known_failure: Reason | UnsetType = UNSET


class AttributionForm(Form, frozen=True):
    """What an article's page must be found to say; null: that it says nothing. Others are free."""

    outlet: str | UnsetType | None = UNSET  # in any case
    author: str | UnsetType | None = UNSET
    contributors: tuple[str, ...] | UnsetType = UNSET  # in any order
    agency: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    source_url: str | UnsetType | None = UNSET
    republisher: str | UnsetType | None = UNSET
    rights: str | UnsetType | None = UNSET
    why: str | UnsetType = UNSET
    known_failure: Reason | UnsetType = UNSET


class PageForm(Form, frozen=True):
    """A page given in the pairs file itself: `text` or `html`, and what is known of it."""

    text: str | UnsetType = UNSET
    html: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    outlet: str | UnsetType = UNSET
    published: str | UnsetType = UNSET
    language: str | UnsetType = UNSET


class TruthForm(Form, frozen=True):
    """Which articles of the whole corpus belong together, and how well that must be found."""

    clusters: str | UnsetType = UNSET  # a file: article, tab, cluster, on each line
    pairs: str | tuple[Group, ...] | UnsetType = UNSET  # a file: article, tab, article; or here
    level: Literal["copies", "story"] = "story"
    min_precision: Score | UnsetType = UNSET
    min_recall: Score | UnsetType = UNSET
    min_f1: Score | UnsetType = UNSET
    why: str | UnsetType = UNSET
    known_failure: Reason | UnsetType = UNSET


class PairsForm(Form, frozen=True):
    """A pairs file: a corpus, and what must hold of it."""

    corpus: str | tuple[str, ...] | dict[str, str | PageForm] | UnsetType = UNSET
    expect: tuple[ExpectForm, ...] = ()
    attribution: dict[str, AttributionForm] = {}
    truth: str | TruthForm | UnsetType = UNSET
