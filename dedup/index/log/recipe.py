"""Open: an index where there is one, or a new one; and whether its recipe is the one asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import xxhash

from dedup.config import Config, recipe_of
from dedup.errors import StoreError
from dedup.index.location import DERIVED, LOG_NAME, MEMORY, is_url, show_place
from dedup.index.log.log import FORMAT, Log, encode_fact

_UNSHAPING = ("read", "keep")  # sections that shape nothing an index keeps
_SHOWN = 8  # differences listed in a message


class Opened(NamedTuple):
    """A log with what is known of it."""

    log: Log
    config: Config
    name: str  # unique: what is derived is kept under it
    recipe: str  # digest


def open_log(where: str, config: Config | None, *, create: bool = True) -> Opened:
    """The log at `where`, made if there is none, with its own config if none is given.

    Raises `StoreError` where it has another format or recipe, or is not there and not to be made.
    """
    if where != MEMORY and not is_url(where):
        _check_folder(Path(where), create=create)
    used = _is_used(where)  # asked before the log is read: another may be making it
    log = Log(where)
    try:
        facts = log.read_facts()
        if not facts and used:
            raise StoreError(f"{where}: its {LOG_NAME} is empty, and was not; restore a copy")
        if not facts and not create:
            raise StoreError(f"{show_place(where)}: no index there; add pages to make one")
        if not facts:
            log.create(_first_facts(config or Config()))
            facts = log.read_facts()
        opened = _take_up(log, facts, config)
        log.set_durability(opened.config.index.durability)
        return opened
    except BaseException:
        log.close()
        raise


def _check_folder(path: Path, *, create: bool) -> None:
    """Make the folder; raises `StoreError` where it holds anything that is no index."""
    try:
        if path.exists() and not path.is_dir():
            raise StoreError(f"{path}: is a file; an index is a folder")
        if not create and not (path / LOG_NAME).exists():
            raise StoreError(f"{path}: no index there; add pages to make one")
        path.mkdir(parents=True, exist_ok=True)
        found = sorted(path.iterdir())  # before it is asked for the log: another may be making it
        if found and not (path / LOG_NAME).exists():
            held = f"holds {found[0].name} and no {LOG_NAME}"
            raise StoreError(f"{path}: no index: {held}; give an empty or new folder")
    except OSError as error:
        raise StoreError(f"{path}: cannot be used: {error.strerror}") from None
    except ValueError as error:
        raise StoreError(f"{str(path)!a}: cannot be used: {error}") from None


def _is_used(where: str) -> bool:
    """Whether something was derived from a log there; where it is empty then, it was cut off."""
    return where != MEMORY and not is_url(where) and (Path(where) / DERIVED).exists()


def _first_facts(config: Config) -> dict[str, str]:
    return {"name": uuid4().hex, **facts_of(config)}


def facts_of(config: Config) -> dict[str, str]:
    """What a log keeps about a config."""
    return {
        "format": str(FORMAT),
        "recipe": encode_fact(shaping_recipe(config)),
        "config": encode_fact(config),
    }


def shaping_recipe(config: Config) -> dict[str, Any]:
    """Of a config's recipe what shapes an index: neither how it is read nor how durable it is."""
    recipe = recipe_of(config)
    settings = {name: part for name, part in recipe["settings"].items() if name not in _UNSHAPING}
    settings["index"] = {"store_text": config.index.store_text}
    return {**recipe, "settings": settings}


def _take_up(log: Log, facts: dict[str, str], config: Config | None) -> Opened:
    place = show_place(log.where)
    written = int(facts["format"])
    if written > FORMAT:
        raise StoreError(f"{place}: format {written}; this dedup reads up to {FORMAT}: update it")
    stored = _stored_config(facts, place) if config is None else config
    ours, theirs = shaping_recipe(stored), msgspec.json.decode(facts["recipe"])
    if written < FORMAT or ours != theirs:
        given = config is not None
        raise StoreError(_describe_difference(place, written, theirs, ours, given=given))
    digest = xxhash.xxh3_64_hexdigest(encode_fact([facts["format"], theirs]).encode())
    return Opened(log, stored, facts["name"], digest)


def _stored_config(facts: dict[str, str], place: str) -> Config:
    try:
        return msgspec.json.decode(facts["config"], type=Config)
    except msgspec.ValidationError as error:
        message = f"made with settings this dedup does not have ({error})"
        advice = f"`dedup index rebuild {place} -c CONFIG` gives it others"
        raise StoreError(f"{place}: {message}; {advice}") from None


def _describe_difference(place: str, written: int, theirs: Any, ours: Any, *, given: bool) -> str:
    found = list(_differences(theirs, ours, ""))
    if written < FORMAT:
        found.insert(0, f"format {written}, not {FORMAT}")
    shown = "; ".join(found[:_SHOWN]) + ("; …" if len(found) > _SHOWN else "")
    advice = f"`dedup index rebuild {place}{' -c CONFIG' if given else ''}` sketches it anew"
    if given and all(ours[part] == theirs.get(part) for part in ours if part != "settings"):
        advice = f"give no config to open it with its own, or {advice} with this one"
    return f"{place}: made with another recipe: {shown}; {advice}"


def _differences(theirs: Any, ours: Any, path: str) -> Iterator[str]:
    """`verify.min_jaccard is 0.25 there, 0.3 here` for every key of which that is true."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            yield from _differences(
                theirs.get(key), ours.get(key), f"{path}.{key}" if path else key
            )
    elif theirs != ours:
        yield f"{path.removeprefix('settings.')} is {theirs} there, {ours} here"


def rebuild_log(where: str, config: Config | None) -> None:
    """Give a log another recipe, or its own settings and this version's rules.

    What is derived from it is made anew when it is opened. Raises `StoreError` where there is no
    index, or its sketches cannot be made anew.
    """
    if not is_url(where):
        _check_folder(Path(where), create=False)
    log, place = Log(where), show_place(where)
    try:
        facts = log.read_facts()
        if not facts:
            raise StoreError(f"{place}: no index there to rebuild")
        used = config or _stored_config(facts, place)
        settings = msgspec.json.decode(facts["recipe"])["settings"]
        if not (settings["index"]["store_text"] and used.index.store_text):
            message = "without stored bodies nothing can be sketched anew: feed a new index"
            raise StoreError(f"{place}: {message}")
        with log.turn():
            log.rename_columns()
            log.change_facts({"name": facts["name"], **facts_of(used)})
    finally:
        log.close()


Clock = Callable[[], float]  # seconds since 1970
system_clock: Clock = time.time
