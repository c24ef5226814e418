"""Paratext rules: YAML in `configs/paratext/`, one file a language, read once and compiled.

A rule names lines word for word (`lines:`) or by one pattern (`pattern:`), the kind they are, and
where on the page it may speak (`place:`). A pattern rule says what a line must have for the pattern
to be tried at all: one of the words in `gate:`, or one of the literal strings in `needs:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from dedup.config import config_folder, read_yaml
from dedup.errors import ConfigError
from dedup.records import SpanKind
from dedup.strip.lines import UNSPACED, line_key
from dedup.strip.rules.patterns import compile_pattern
from dedup.strip.rules.terms import Terms, expand_pattern, load_terms

Place = Literal["any", "head", "edge", "tail"]
ATTRIBUTION_GROUPS = frozenset(
    ("author", "contributors", "agency", "source", "source_url", "republisher", "rights")
)
LONG_WORDS = 25  # words of a line that most rules, having a lower `max_words`, need not be tried on
TERMS_FILE = "terms.yaml"  # not rules, but what their patterns are made of


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One paratext rule, as its YAML says it.

    `place`: "head" before the first prose line, "tail" after most of the prose, "edge" before the
    first or after the last prose line. `cuts`: late in the page, all that follows goes too.
    `keep`: the line is marked and read for attribution, but stays in the body.
    """

    id: str
    kind: SpanKind
    lines: tuple[str, ...] = ()
    pattern: str | None = None
    times: bool = False  # any line that is nothing but a date or time
    gate: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    place: Place = "any"
    max_words: int = 24  # words; a longer line is never this rule's
    cuts: bool = False
    talk: bool = False  # what follows the cut is readers' prose: prose there brings nothing back
    keep: bool = False
    hit: tuple[str, ...] = ()
    miss: tuple[str, ...] = ()
    evidence: str = ""  # measured: hits, and the share of them that was body


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A YAML file of rules."""

    rules: tuple[Rule, ...]
    language: str = ""
    about: str = ""


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A rule that speaks for a line, with the attribution its pattern read there."""

    rule: Rule
    groups: dict[str, str] | None = None


class Trial(NamedTuple):
    """A rule's pattern as it is tried on a line: no longer line, and the whole of it."""

    max_words: int
    fullmatch: Callable[[str], re.Match[str] | None]
    rule: Rule


class RuleSet(msgspec.Struct, frozen=True):
    """Rules compiled for look-up: exact lines, patterns by gate word, patterns by literal."""

    rules: tuple[Rule, ...]
    lexicon: dict[str, tuple[Hit, ...]]
    gated: dict[str, tuple[int, ...]]  # word -> numbers of the rules it opens
    gated_long: dict[str, tuple[int, ...]]  # of them, those for lines of LONG_WORDS and more
    needing: tuple[int, ...]
    literals: tuple[str, ...]  # all that the needing rules need
    unspaced: tuple[str, ...]  # those of scripts without spaces, which few pages have
    trials: dict[int, Trial]  # by number, of the rules that have a pattern
    times: Hit | None  # the rule for lines that are nothing but a time
    terms: Terms


@cache
def load_rules(folder: Path | None = None) -> RuleSet:
    """The rules of a folder of YAML files (the shipped ones by default), compiled.

    Raises `ConfigError` naming file, rule and what is wrong.
    """
    folder = folder or config_folder() / "paratext"
    # English first: its rules name what several languages share ("Tags", "WhatsApp").
    found = sorted(folder.glob("*.yaml"), key=lambda path: (not path.stem.startswith("en"), path))
    paths = [path for path in found if path.name != TERMS_FILE]
    if not paths:
        raise ConfigError(f"{folder}: no rule files (*.yaml)")
    return compile_rules([rule for path in paths for rule in read_rules(path)])


def read_rules(path: Path) -> list[Rule]:
    """The rules of one YAML file, each checked."""
    raw = read_yaml(path)
    if not isinstance(raw, dict) or not isinstance(raw.get("rules"), list):
        raise ConfigError(f"{path}: expected a mapping with a list 'rules'")
    try:
        msgspec.convert({**raw, "rules": []}, RuleFile)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from None
    return [read_rule(path, number, entry) for number, entry in enumerate(raw["rules"])]


def read_rule(path: Path, number: int, entry: object) -> Rule:
    """One rule of a file, checked. Raises `ConfigError` naming file, rule and what is wrong."""
    unnamed = f"number {number + 1}"
    name = entry.get("id", unnamed) if isinstance(entry, dict) else unnamed
    try:
        rule = msgspec.convert(entry, Rule)
        if rule.pattern:
            expanded = expand_pattern(rule.pattern, load_terms().terms)
            rule = msgspec.structs.replace(rule, pattern=expanded)
        _check_rule(rule)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"{path}: rule {name}: {error}") from None
    return rule


def _check_rule(rule: Rule) -> None:
    if bool(rule.lines) + bool(rule.pattern) + rule.times != 1:
        raise ValueError("give one of 'lines', 'pattern' and 'times'")
    if rule.pattern is None:
        return
    groups = compile_pattern(rule.pattern).groupindex.keys()
    unknown = sorted(set(groups) - ATTRIBUTION_GROUPS)
    if unknown:
        known = ", ".join(sorted(ATTRIBUTION_GROUPS))
        raise ValueError(f"unknown group {unknown[0]!r} in the pattern; known groups: {known}")
    if not rule.gate and not rule.needs:
        raise ValueError("a pattern needs 'gate' words or 'needs' literals to be tried on")
    if not rule.hit or not rule.miss:
        raise ValueError("a pattern needs at least one 'hit' and one 'miss' example")


def compile_rules(rules: Sequence[Rule]) -> RuleSet:
    """Rules made ready for look-up. Raises `ConfigError` when two rules share an id."""
    _check_ids(rules)
    lexicon: dict[str, tuple[Hit, ...]] = {}
    gated: dict[str, tuple[int, ...]] = {}
    for number, rule in enumerate(rules):
        for text in rule.lines:
            key = line_key(text)
            lexicon[key] = (*lexicon.get(key, ()), Hit(rule))
        for word in rule.gate:
            gated[word] = (*gated.get(word, ()), number)
    trials = {
        number: Trial(rule.max_words, compile_pattern(rule.pattern).fullmatch, rule)
        for number, rule in enumerate(rules)
        if rule.pattern
    }
    needing = tuple(number for number, rule in enumerate(rules) if rule.needs)
    needs = sorted({literal for rule in rules for literal in rule.needs})
    unspaced = tuple(literal for literal in needs if UNSPACED.search(literal))
    literals = tuple(literal for literal in needs if literal not in unspaced)
    long_ones = {n for n, rule in enumerate(rules) if rule.max_words >= LONG_WORDS}
    gated_long = {word: tuple(n for n in found if n in long_ones) for word, found in gated.items()}
    return RuleSet(
        tuple(rules),
        lexicon,
        gated,
        {word: found for word, found in gated_long.items() if found},
        needing,
        literals,
        unspaced,
        trials,
        next((Hit(rule) for rule in rules if rule.times), None),
        load_terms(),
    )


def _check_ids(rules: Iterable[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ConfigError(f"rule {rule.id}: two rules have this id")
        seen.add(rule.id)
