"""Every setting, by stage, with its default, its unit and where its number comes from.

The structs are the schema: `load_config` reads YAML into them and says what is wrong, by file,
key path and the keys it knows. `recipe_of` is what an artefact made with a config carries.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from dedup.errors import ConfigError

StripMode = Literal["auto", "safe", "core", "off"]
DropLevel = Literal["copies", "stories", "nothing"]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every section of a config: frozen, and an unknown key is an error."""


class ReadConfig(Section, frozen=True):
    """What is taken in."""

    # Bytes of a file, or of a line of JSON Lines, held at once. The longest news page in the sets
    # measured has 3 MB of HTML; a file far beyond is a dump that wants splitting, not a page.
    max_page_bytes: Annotated[int, msgspec.Meta(ge=1)] = 20_000_000


class StripConfig(Section, frozen=True):
    mode: StripMode = "auto"


class Config(Section, frozen=True):
    """A whole configuration; `Config()` is the default one."""

    read: ReadConfig = ReadConfig()
    strip: StripConfig = StripConfig()


@cache
def config_folder() -> Path:
    """The folder of shipped YAML: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; raises `ConfigError` with file and line."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: not valid YAML: {error.problem}") from None
