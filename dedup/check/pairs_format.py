"""What may stand in a pairs file. The structs are the format, and its JSON Schema for editors."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

Kind = Literal[
    "exact", "near", "contains", "excerpt", "rewrite", "same_story", "same_copies", "different"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Two or more articles; `id#1` is the first embedded in `id`.
IdGroup = Annotated[
    tuple[str, ...],
    Meta(min_length=2, extra_json_schema={"uniqueItems": True}),
]
Score = Annotated[float, Meta(ge=0, le=1)]
Reason = Annotated[str, Meta(min_length=1)]


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every part of a pairs file: an unknown key is an error."""


class ExpectForm(Form, frozen=True):
    """What must hold of each pair of a group. Exactly one kind, and what else bounds it."""

    exact: IdGroup | UnsetType = UNSET
    near: IdGroup | UnsetType = UNSET
    contains: IdGroup | UnsetType = UNSET
    excerpt: IdGroup | UnsetType = UNSET
    rewrite: IdGroup | UnsetType = UNSET
    same_story: IdGroup | UnsetType = UNSET
    same_copies: IdGroup | UnsetType = UNSET
    different: IdGroup | UnsetType = UNSET
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
    pairs: str | tuple[IdGroup, ...] | UnsetType = UNSET  # a file: article, tab, article; or here
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


_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# What an editor shows beside a key.
_MEANINGS = {
    "exact": "Each pair has the same normalised body.",
    "near": "Each pair's Jaccard is at or above verify.min_jaccard; exact pairs pass too.",
    "contains": "Each pair's containment is at or above verify.min_containment, in either order.",
    "excerpt": "Each pair shares a passage of verify.min_passage_words, and no stronger relation.",
    "rewrite": "Each pair shares rare words, not passages: relation rewrite, and none stronger.",
    "same_story": "All are in one story or one set of copies.",
    "same_copies": "All are in one set of copies.",
    "different": "No two are in one cluster or match; a shared excerpt is allowed.",
    "why": "The reason, shown when the expectation fails.",
    "known_failure": "The reason it fails today. Once it holds, the check fails until this goes.",
}


def build_schema() -> dict[str, Any]:
    """The JSON Schema of a pairs file.

    What types cannot say is added: one kind in an expectation, one of `text` and `html` in a page,
    one of `clusters` and `pairs` in a truth. Contradictions and unknown articles stay for `check`.
    """
    (reference,), parts = msgspec.json.schema_components([PairsForm], ref_template="#/$defs/{name}")
    expect = parts["ExpectForm"]
    for key, meaning in _MEANINGS.items():
        expect["properties"][key]["description"] = meaning
    _ask_for_one(expect, KINDS)
    _ask_for_one(parts["PageForm"], ("text", "html"))
    _ask_for_one(parts["TruthForm"], ("clusters", "pairs"))
    return {"$schema": _DIALECT, "title": "dedup pairs file", **reference, "$defs": parts}


def _ask_for_one(form: dict[str, Any], keys: tuple[str, ...]) -> None:
    form["oneOf"] = [{"required": [key]} for key in keys]


def format_schema() -> str:
    """The schema as `dedup/pairs.schema.json` has it."""
    return msgspec.json.format(msgspec.json.encode(build_schema()), indent=2).decode() + "\n"
