"""The pairs file's JSON Schema: as committed, and of one mind with the loader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import dedup
from dedup.check import load_expectations
from dedup.check.pairs_format import build_schema, format_schema
from dedup.errors import ConfigError

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parents[1] / "cases" / "check"
ERRORS = yaml.safe_load((CASES / "errors.yaml").read_text(encoding="utf-8"))["cases"]
# What a schema cannot say.
BEYOND = re.compile("not valid YAML|given twice|cannot be|expects nothing|key that is not text")
TYPES: dict[str, Any] = {
    "string": str,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}


def is_valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """A validator of the keywords the schema uses; an unknown keyword is an error."""
    return all(_KEYWORDS[key](value, limit, schema, root) for key, limit in schema.items())


def refer(value: Any, target: str, _schema: Any, root: dict[str, Any]) -> bool:
    return is_valid(value, root["$defs"][target.removeprefix("#/$defs/")], root)


def has_properties(value: Any, parts: dict[str, Any], _schema: Any, root: Any) -> bool:
    given = value if isinstance(value, dict) else {}
    return all(is_valid(given[key], part, root) for key, part in parts.items() if key in given)


def has_no_others(value: Any, others: Any, schema: Any, root: Any) -> bool:
    rest = set(value) - set(schema.get("properties", {})) if isinstance(value, dict) else set()
    if others is False:
        return not rest
    return all(is_valid(value[key], others, root) for key in rest)


def matches_one(value: Any, choices: Any, _schema: Any, root: Any) -> bool:
    return sum(is_valid(value, choice, root) for choice in choices) == 1


_KEYWORDS: dict[str, Any] = {
    "$ref": refer,
    "properties": has_properties,
    "additionalProperties": has_no_others,
    "oneOf": matches_one,
    "anyOf": lambda value, choices, _, root: any(is_valid(value, c, root) for c in choices),
    "type": lambda value, name, *_: isinstance(value, TYPES[name]) and value is not True,
    "required": lambda value, keys, *_: not isinstance(value, dict) or set(keys) <= set(value),
    "items": lambda value, part, _, root: all(is_valid(one, part, root) for one in value),
    "minItems": lambda value, least, *_: len(value) >= least,
    "uniqueItems": lambda value, *_: len(set(value)) == len(value),
    "minLength": lambda value, least, *_: len(value) >= least,
    "minimum": lambda value, least, *_: value >= least,
    "maximum": lambda value, most, *_: value <= most,
    "enum": lambda value, choices, *_: value in choices,
    **dict.fromkeys(["$schema", "$defs", "title", "description", "default"], lambda *_: True),
}


def accepts(text: str) -> bool:
    schema = build_schema()
    return is_valid(yaml.safe_load(text), schema, schema)


def test_committed_schema_is_the_types() -> None:
    committed = Path(dedup.__file__).with_name("pairs.schema.json").read_text(encoding="utf-8")
    assert committed == format_schema()


def test_schema_accepts_the_seeds_and_every_case() -> None:
    assert accepts((ROOT / "seeds" / "pairs.yaml").read_text(encoding="utf-8"))
    cases = yaml.safe_load((CASES / "verdicts.yaml").read_text(encoding="utf-8"))
    expect = [case["expect"] for case in cases["cases"]]
    truth = {"clusters": "truth.tsv", "level": "copies", "min_f1": 0.9}
    pairs = {"corpus": cases["corpus"], "expect": expect, "truth": truth}
    assert accepts(yaml.safe_dump(pairs))
    assert accepts("corpus: [a, b]\ntruth: {pairs: [[a, b]]}")
    assert accepts("corpus: {a: {html: <p>}}\nattribution: {a: {author: null, outlet: CNN}}")


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: repr(case["text"]))
def test_schema_refuses_what_the_loader_refuses(case: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "pairs.yaml"
    file.write_text(case["text"], encoding="utf-8")
    with pytest.raises(ConfigError):
        load_expectations(file)
    if not BEYOND.search(case["error"]):
        assert not accepts(case["text"])
