"""Rules of single outlets: added to the shipped ones, or taking some of them back.

A file in `configs/paratext/outlets/` (or in the folder the config names) says for which `outlets`
it speaks, which other files it `extends`, which shipped rules it `keep`s the lines of, and its own
`rules`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from dedup.config import config_folder, read_yaml
from dedup.errors import ConfigError
from dedup.records import SpanKind
from dedup.strip.rules.rule_set import Rule, RuleSet, compile_rules, load_rules, read_rule


class OutletFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One outlet's rule file; `extends` are names of files beside it, without their ending."""

    outlets: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    about: str = ""


def rules_for(outlet: str | None, folder: str = "", *, captions: bool = True) -> RuleSet:
    """The rules for a page of an outlet. Raises `ConfigError` naming file and rule.

    Without `captions`, the rules that take captions out are left out themselves.
    """
    names = [n for n, file in read_outlet_files(folder).items() if outlet in file.outlets]
    return _compile_for(tuple(names), folder, captions)


@cache
def _compile_for(names: tuple[str, ...], folder: str, captions: bool) -> RuleSet:
    base = load_rules()
    if not names and captions:
        return base
    files = read_outlet_files(folder)
    chosen = [files[name] for name in _extended(list(names), files)]
    kept = {rule for file in chosen for rule in file.keep}
    rules = [rule for rule in base.rules if rule.id not in kept]
    rules += [rule for file in chosen for rule in file.rules]
    if not captions:
        rules = [rule for rule in rules if rule.kind is not SpanKind.CAPTION]
    return compile_rules(rules)


def list_outlet_rules(folder: str = "") -> list[Rule]:
    """The rules of all outlet files, the shipped ones and those of another folder."""
    return [rule for file in read_outlet_files(folder).values() for rule in file.rules]


def _extended(names: list[str], files: dict[str, OutletFile]) -> list[str]:
    """The named files and all that they extend, each once, the extended first."""
    found: list[str] = []

    def visit(name: str) -> None:
        if name not in found:
            for parent in files[name].extends:
                visit(parent)
            found.append(name)

    for name in names:
        visit(name)
    return list(dict.fromkeys(found))


@cache
def read_outlet_files(folder: str = "") -> dict[str, OutletFile]:
    """All outlet files by name: the shipped ones, and those of another folder beside them."""
    folders = [config_folder() / "paratext" / "outlets", *([Path(folder)] if folder else [])]
    if folder and not folders[-1].is_dir():
        raise ConfigError(f"strip.outlet_rules: no folder {folder}")
    paths = [path for place in folders for path in sorted(place.glob("*.yaml"))]
    files = {path.stem: _read_file(path) for path in paths}
    shipped = {rule.id for rule in load_rules().rules}
    for path in paths:
        _check_names(path, files[path.stem], files, shipped)
    return files


def _read_file(path: Path) -> OutletFile:
    raw: Any = read_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected a mapping with 'outlets' and 'rules'")
    rules = tuple(read_rule(path, n, entry) for n, entry in enumerate(raw.get("rules") or []))
    try:
        file = msgspec.convert({**raw, "rules": []}, OutletFile)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from None
    return msgspec.structs.replace(file, rules=rules)


def _check_names(
    path: Path, file: OutletFile, files: dict[str, OutletFile], shipped: set[str]
) -> None:
    for name in file.extends:
        if name not in files:
            known = ", ".join(sorted(files))
            raise ConfigError(f"{path}: extends: no file {name!r}; known files: {known}")
        if path.stem in _reachable(name, files):
            raise ConfigError(f"{path}: extends: {name!r} extends this file in turn")
    for rule in file.keep:
        if rule not in shipped:
            raise ConfigError(f"{path}: keep: no shipped rule {rule!r}; see dedup rules list")


def _reachable(name: str, files: dict[str, OutletFile]) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in reached and current in files:
            reached.add(current)
            waiting += files[current].extends
    return reached
