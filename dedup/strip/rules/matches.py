"""Hits: the rules that know a line by its words, its place on the page not yet looked at.

Most lines are prose that no rule knows, so what finds that out is kept short: a line's words are
cut out of it by a table, and only a line with one of the gate words is held against patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal

import msgspec

from dedup.strip.lines import Line, even_signs, has_unspaced, split_lines
from dedup.strip.rules.rule_set import LONG_WORDS, Hit, Rule, RuleSet, compile_rules, load_rules
from dedup.strip.rules.terms import is_time

LONG_HEAD, LONG_END = 40, 60  # characters of a long line in which gate words are looked for
NUMBER_GATE = "<number>"  # the gate of rules for lines that open with a digit
_WORD = re.compile(r"\w+|©")
_FOLDED = "".join(chr(n).lower() if re.match(r"\w", chr(n)) else " " for n in range(128))
_TABLE = (_FOLDED + "\0" * 128).encode("ascii")  # an ASCII letter to its small one, a sign to " "


class RuleFailure(msgspec.Struct, frozen=True):
    """An example that a rule gets wrong."""

    rule: str
    example: str
    expected: Literal["hit", "miss"]


def find_hits(text: str, lines: Sequence[Line], rules: RuleSet) -> list[tuple[Hit, ...]]:
    """For each line, the rules whose words it has; `text` is the page."""
    plain = even_signs(text)
    hits = [
        _find_short_hits(line, rules) if line.key else _find_long_hits(line, rules, plain)
        for line in lines
    ]
    found = find_literals(text, rules.literals)
    if rules.unspaced and has_unspaced(text):
        found |= find_literals(text, rules.unspaced)
    if found:
        _add_literal_hits(hits, lines, rules, found)
    return hits


def _find_long_hits(line: Line, rules: RuleSet, plain: str) -> tuple[Hit, ...]:
    """A long line shows what it is in its first words or its last ones."""
    start, end = line.start, line.end
    head = plain[start : min(end, start + LONG_HEAD)]
    return _try_gated(line, rules, read_words(f"{head} {plain[max(start, end - LONG_END) : end]}"))


def read_words(text: str) -> list[str]:
    """The words of a text in small letters, and its copyright signs.

    >>> read_words("© 2018 O'Neill"), read_words("Straße")
    (['©', '2018', 'o', 'neill'], ['strasse'])
    """
    if text.isascii():  # six times as fast as the pattern
        return text.encode().translate(_TABLE).decode().split()
    return _WORD.findall(text.casefold())


def find_literals(text: str, literals: Sequence[str]) -> set[str]:
    """Which of the literals a page has."""
    return {literal for literal in literals if literal in text}


def _find_short_hits(line: Line, rules: RuleSet) -> tuple[Hit, ...]:
    listed = rules.lexicon.get(line.key)
    if listed is not None:
        return listed
    words = read_words(line.key)
    times = rules.times
    if times and line.words <= times.rule.max_words and is_time(words, rules.terms):
        return (times,)
    return _try_gated(line, rules, words)


def _try_gated(line: Line, rules: RuleSet, words: list[str]) -> tuple[Hit, ...]:
    gated = rules.gated if line.words < LONG_WORDS else rules.gated_long
    gates = gated.keys() & words
    if line.text[0].isdigit() and NUMBER_GATE in gated:
        gates.add(NUMBER_GATE)
    if not gates:  # most lines
        return ()
    numbers: Iterable[int] = gated[gates.pop()]  # ascending
    if gates:
        numbers = sorted({*numbers, *chain.from_iterable([gated[gate] for gate in gates])})
    return _match_rules(line, rules, numbers)


def _match_rules(line: Line, rules: RuleSet, numbers: Iterable[int]) -> tuple[Hit, ...]:
    text = line.text
    if "  " in text or "\xa0" in text:
        text = " ".join(text.split())
    matched = []
    for number in numbers:  # a loop: many lines come here, and most have no hit
        max_words, fullmatch, rule = rules.trials[number]
        if line.words <= max_words and (match := fullmatch(text)):
            matched.append(Hit(rule, _read_groups(match)))
    return tuple(matched)


def _read_groups(match: re.Match[str]) -> dict[str, str] | None:
    if not match.re.groups:
        return None
    return {name: value.strip() for name, value in match.groupdict().items() if value} or None


def _add_literal_hits(
    hits: list[tuple[Hit, ...]], lines: Sequence[Line], rules: RuleSet, found: set[str]
) -> None:
    """Adds what the rules that need one of the page's literals know."""
    for number in rules.needing:
        needs = found.intersection(rules.rules[number].needs)
        for at, line in enumerate(lines if needs else ()):
            if any(literal in line.text for literal in needs):
                hits[at] += _match_rules(line, rules, (number,))


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
test_rules.__test__ = False  # type: ignore[attr-defined]  # for pytest, which collects by name
test_rule.__test__ = False  # type: ignore[attr-defined]  # for pytest, which collects by name


def _speaks(text: str, rules: RuleSet) -> bool:
    return any(find_hits(text, split_lines(text), rules))
