"""Schema: the pairs file's format as JSON Schema, for editors, made from the types that load it."""

from __future__ import annotations

from typing import Any

import msgspec

from dedup.check.form import KINDS, PairsForm

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
