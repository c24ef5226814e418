"""Paratext rules: YAML in `configs/paratext/`, one file a language, read once and compiled.

A rule names lines word for word (`lines:`) or by one pattern (`pattern:`), the kind they are, and
where on the page it may speak (`place:`). A pattern rule says what a line must have for the pattern
to be tried at all: one of the words in `gate:`, or one of the literal strings in `needs:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from dedup.config import config_folder, read_yaml
from dedup.errors import ConfigError
from dedup.records import SpanKind
from dedup.strip.lines import UNSPACED, Line, has_unspaced, line_key, split_lines
from dedup.strip.patterns import compile_pattern
from dedup.strip.terms import Terms, expand_pattern, is_time, load_terms

Place = Literal["any", "head", "edge", "tail"]
ATTRIBUTION_GROUPS = frozenset(
    ("author", "contributors", "agency", "source", "source_url", "republisher", "rights")
)
WORD = re.compile(r"\w+|©")
LONG_HEAD, LONG_END = 40, 60  # characters of a long line in which gate words are looked for
LONG_WORDS = 25  # words of a line that most rules, having a lower `max_words`, need not be tried on
NUMBER_GATE = "<number>"  # the gate of rules for lines that open with a digit
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


class RuleSet(msgspec.Struct, frozen=True):
    """Rules compiled for look-up: exact lines, patterns by gate word, patterns by literal."""

    rules: tuple[Rule, ...]
    lexicon: dict[str, tuple[Rule, ...]]
    gated: dict[str, tuple[int, ...]]  # word -> numbers of the rules it opens
    gated_long: dict[str, tuple[int, ...]]  # of them, those for lines of LONG_WORDS and more
    needing: tuple[int, ...]
    literals: tuple[str, ...]  # all that the needing rules need
    unspaced: tuple[str, ...]  # those of scripts without spaces, which few pages have
    patterns: dict[int, re.Pattern[str]]
    time_rule: Rule | None
    terms: Terms


class RuleFailure(msgspec.Struct, frozen=True):
    """An example that a rule gets wrong."""

    rule: str
    example: str
    expected: Literal["hit", "miss"]


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
    lexicon: dict[str, tuple[Rule, ...]] = {}
    gated: dict[str, tuple[int, ...]] = {}
    for number, rule in enumerate(rules):
        for text in rule.lines:
            key = line_key(text)
            lexicon[key] = (*lexicon.get(key, ()), rule)
        for word in rule.gate:
            gated[word] = (*gated.get(word, ()), number)
    patterns = {n: compile_pattern(r.pattern) for n, r in enumerate(rules) if r.pattern}
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
        patterns,
        next((rule for rule in rules if rule.times), None),
        load_terms(),
    )


def _check_ids(rules: Iterable[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ConfigError(f"rule {rule.id}: two rules have this id")
        seen.add(rule.id)


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A rule that speaks for a line, with the attribution its pattern read there."""

    rule: Rule
    groups: dict[str, str] | None = None


def find_hits(text: str, lines: Sequence[Line], rules: RuleSet) -> list[tuple[Hit, ...]]:
    """For each line, the rules whose words it has, place not yet looked at; `text` is the page."""
    hits = [
        _find_short_hits(line, rules) if line.key else _find_long_hits(line, rules)
        for line in lines
    ]
    found = find_literals(text, rules.literals)
    if rules.unspaced and has_unspaced(text):
        found |= find_literals(text, rules.unspaced)
    for number in rules.needing:
        rule = rules.rules[number]
        present = [literal for literal in rule.needs if literal in found]
        if present:
            _add_literal_hits(hits, lines, rule, rules.patterns[number], present)
    return hits


def find_literals(text: str, literals: Sequence[str]) -> set[str]:
    """Which of the literals a page has."""
    return {literal for literal in literals if literal in text}


def _find_short_hits(line: Line, rules: RuleSet) -> tuple[Hit, ...]:
    listed = rules.lexicon.get(line.key)
    if listed is not None:
        return tuple(Hit(rule) for rule in listed)
    words = WORD.findall(line.key)
    if rules.time_rule and line.words <= rules.time_rule.max_words and is_time(words, rules.terms):
        return (Hit(rules.time_rule),)
    return _try_gated(line, rules, words)


def _find_long_hits(line: Line, rules: RuleSet) -> tuple[Hit, ...]:
    """A long line shows what it is in its first words or its last ones."""
    shown = f"{line.text[:LONG_HEAD]} {line.text[-LONG_END:]}"
    return _try_gated(line, rules, WORD.findall(shown.casefold()))


def _try_gated(line: Line, rules: RuleSet, words: list[str]) -> tuple[Hit, ...]:
    gated = rules.gated if line.words < LONG_WORDS else rules.gated_long
    gates = gated.keys() & words
    if line.text[0].isdigit() and NUMBER_GATE in gated:
        gates.add(NUMBER_GATE)
    if not gates:
        return ()
    opened: Iterable[int] = gated[gates.pop()]  # ascending
    if gates:
        opened = sorted({*opened, *(number for gate in gates for number in gated[gate])})
    matched = []
    for number in opened:  # a loop: most lines come here, and most have no hit
        rule = rules.rules[number]
        if line.words <= rule.max_words:
            hit = _match_line(line, rule, rules.patterns[number])
            if hit is not None:
                matched.append(hit)
    return tuple(matched)


def _add_literal_hits(
    hits: list[tuple[Hit, ...]],
    lines: Sequence[Line],
    rule: Rule,
    pattern: re.Pattern[str],
    literals: Sequence[str],
) -> None:
    for number, line in enumerate(lines):
        if any(literal in line.text for literal in literals):
            hit = _match_line(line, rule, pattern)
            if hit is not None:
                hits[number] = (*hits[number], hit)


def _match_line(line: Line, rule: Rule, pattern: re.Pattern[str]) -> Hit | None:
    if line.words > rule.max_words:
        return None
    text = " ".join(line.text.split()) if "  " in line.text else line.text
    match = pattern.fullmatch(text)
    if match is None:
        return None
    groups = {name: value.strip() for name, value in match.groupdict().items() if value}
    return Hit(rule, groups or None)


def test_rules(rules: RuleSet | None = None) -> list[RuleFailure]:
    """Every `hit:` a rule misses and every `miss:` it hits; empty when all is well."""
    return [f for rule in (rules or load_rules()).rules for f in test_rule(rule)]


def test_rule(rule: Rule) -> list[RuleFailure]:
    """The same of one rule."""
    alone = compile_rules([rule])
    failures = [RuleFailure(rule.id, text, "hit") for text in rule.hit if not _speaks(text, alone)]
    return failures + [
        RuleFailure(rule.id, text, "miss") for text in rule.miss if _speaks(text, alone)
    ]


# No tests for pytest to collect.
test_rules.__test__ = False  # type: ignore[attr-defined]
test_rule.__test__ = False  # type: ignore[attr-defined]


def _speaks(text: str, rules: RuleSet) -> bool:
    return any(find_hits(text, split_lines(text), rules))
