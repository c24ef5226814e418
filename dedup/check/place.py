"""Places in a YAML file: what a pairs file says, and on which line it says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from dedup.errors import ConfigError

Typed = TypeVar("Typed")


class Located:
    """A node of a YAML file with its value; `file` and `line` are for messages."""

    def __init__(
        self, file: Path, node: yaml.Node, value: Any, key: yaml.Node | None = None
    ) -> None:
        self.file = file
        self.node = node
        self.value = value
        self.line = int((key or node).start_mark.line) + 1  # from 1; of a key, its own

    def items(self) -> list[tuple[str, Located]]:
        """The keys and values of a mapping; of anything else, none.

        Raises `ConfigError` for a key that is given twice: YAML would keep the last in silence.
        """
        if not isinstance(self.node, yaml.MappingNode) or not isinstance(self.value, dict):
            return []
        found: dict[str, Located] = {}
        values = {str(key): value for key, value in self.value.items()}
        for key, node in self.node.value:
            if key.value in found:
                raise self._error(key, f"{key.value!r} is given twice")
            if key.value in values:
                found[key.value] = Located(self.file, node, values[key.value], key)
        return list(found.items())

    def entries(self) -> list[Located]:
        """The entries of a list; of anything else, none."""
        if not isinstance(self.node, yaml.SequenceNode) or not isinstance(self.value, list):
            return []
        pairs = zip(self.node.value, self.value, strict=True)
        return [Located(self.file, node, value) for node, value in pairs]

    def get(self, key: str) -> Located | None:
        """What a mapping has under this key."""
        return dict(self.items()).get(key)

    def convert(self, into: type[Typed]) -> Typed:
        """The value as this type; raises `ConfigError` with the line of what does not fit."""
        try:
            return msgspec.convert(self.value, into)
        except msgspec.ValidationError as error:
            what, _, path = str(error).partition(" - at `$")
            unknown = re.search(r"unknown field `(.*)`", what)
            node = self._follow(path.rstrip("`"))
            if unknown:
                known = ", ".join(getattr(into, "__struct_encode_fields__", ()))
                message = f"unknown key {unknown[1]!r}; known keys: {known}"
                raise self._error(self._key(node, unknown[1]), message) from None
            raise self._error(node, _word_misfit(what, path, node)) from None

    def error(self, message: str) -> ConfigError:
        """An error at this place."""
        return ConfigError(f"{self.file}:{self.line}: {message}")

    def _error(self, node: yaml.Node, message: str) -> ConfigError:
        return ConfigError(f"{self.file}:{node.start_mark.line + 1}: {message}")

    def _follow(self, path: str) -> yaml.Node:
        """The node a JSON path of msgspec leads to, or the last one on the way that is there."""
        node = self.node
        for key, number in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path):
            if number and isinstance(node, yaml.SequenceNode):
                node = node.value[int(number)]
            elif isinstance(node, yaml.MappingNode):
                node = next((v for k, v in node.value if k.value == key), node)
        return node

    @staticmethod
    def _key(node: yaml.Node, name: str) -> yaml.Node:
        keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        return next((key for key in keys if key.value == name), node)


def _word_misfit(what: str, path: str, node: yaml.Node) -> str:
    """`exact[1]: expected `str`, got `int`: put 001 in quotes`."""
    place = path.rstrip("`").lstrip(".")
    quotes = f": put {node.value} in quotes" if what.startswith("Expected `str`, got") else ""
    if not isinstance(node, yaml.ScalarNode):
        quotes = ""
    return f"{place + ': ' if place else ''}{what[:1].lower()}{what[1:]}{quotes}"


def read_located(file: Path) -> Located:
    """The content of a YAML file with its places; raises `ConfigError` with file and line."""
    try:
        loader = yaml.SafeLoader(file.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None:
            raise ConfigError(f"{file}: empty; give `corpus` and `expect`")
        return Located(file, node, loader.construct_document(node))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{file}{line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: not valid YAML: {error}") from None
