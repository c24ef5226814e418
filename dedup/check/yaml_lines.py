"""Places in a YAML file: what a pairs file says, and on which line it says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from dedup.config import yaml_errors
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
        """The keys and values of a mapping; of anything else, none."""
        if not isinstance(self.node, yaml.MappingNode) or not isinstance(self.value, dict):
            return []
        found: dict[str, Located] = {}  # a key that overrides a merged one comes after it
        for key, node in self.node.value:
            if key.value in self.value:
                found[key.value] = Located(self.file, node, self.value[key.value], key)
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
            what, _, path = str(error).partition(" - at `")
            if path.startswith("key` in `"):
                raise self.error(f"a key that is not text: {what[:1].lower()}{what[1:]}") from None
            node = self._follow(path.rstrip("`"))
            unknown = re.search(r"unknown field `(.*)`", what)
            if not unknown:
                raise _error_at(self.file, node, _describe_misfit(what, path, node)) from None
            known = ", ".join(getattr(into, "__struct_encode_fields__", ()))
            message = f"unknown key {unknown[1]!r}; known keys: {known}"
            raise _error_at(self.file, _key_node(node, unknown[1]), message) from None

    def error(self, message: str) -> ConfigError:
        """An error at this place."""
        return ConfigError(f"{self.file}:{self.line}: {message}")

    def _follow(self, path: str) -> yaml.Node:
        """The node a JSON path of msgspec leads to, or the last one on the way that is there."""
        node = self.node
        for key, number in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path):
            if number and isinstance(node, yaml.SequenceNode):
                node = node.value[int(number)]
            elif isinstance(node, yaml.MappingNode):
                node = next((v for k, v in node.value if k.value == key), node)
        return node


def _key_node(node: yaml.Node, name: str) -> yaml.Node:
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((key for key in keys if key.value == name), node)


def _error_at(file: Path, node: yaml.Node, message: str) -> ConfigError:
    return ConfigError(f"{file}:{node.start_mark.line + 1}: {message}")


def _describe_misfit(what: str, path: str, node: yaml.Node) -> str:
    """`exact[1]: expected `str`, got `int`: put 001 in quotes`."""
    place = path.rstrip("`").lstrip("$.")
    told = f"{place + ': ' if place else ''}{what[:1].lower()}{what[1:]}"
    is_text = isinstance(node, yaml.ScalarNode) and not what.endswith("`null`")
    if is_text and what.startswith("Expected `str`, got"):
        return f"{told}: put {node.value} in quotes"
    return told


def _refuse_repeats(file: Path, root: yaml.Node) -> None:
    """Raises `ConfigError` for a key that is given twice: YAML would keep the last in silence."""
    nodes, seen = [root], {id(root)}  # an alias may lead back
    for node in nodes:
        keys: set[str] = set()
        inside: list[yaml.Node] = list(node.value) if isinstance(node, yaml.SequenceNode) else []
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                raise _error_at(file, key, f"{key.value!r} is given twice")
            keys.add(str(key.value))
            inside.append(value)
        nodes += [one for one in inside if id(one) not in seen]
        seen.update(map(id, inside))


def read_located(file: Path) -> Located:
    """The content of a YAML file with its places; raises `ConfigError` with file and line."""
    with yaml_errors(file):
        loader = yaml.SafeLoader(file.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None:
            raise ConfigError(f"{file}: empty; give `corpus` and `expect`")
        _refuse_repeats(file, node)
        return Located(file, node, loader.construct_document(node))
