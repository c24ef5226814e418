"""Every setting, by stage, with its default, its unit and where its number comes from.

The structs are the schema: `load_config` reads YAML into them and says what is wrong, by file,
key path and the keys it knows. `recipe_of` is what an artefact made with a config carries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import xxhash
import yaml

from dedup.errors import ConfigError
from dedup.version import __version__

SCHEME = "affine32"  # datasketch's name for how shingle hashes are permuted

StripMode = Literal["auto", "safe", "core", "off"]
DropLevel = Literal["copies", "versions", "stories", "nothing"]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every section of a config: frozen, and an unknown key is an error."""


class ReadConfig(Section, frozen=True):
    """What is taken in."""

    # Bytes of a file, or of a line of JSON Lines, held at once. The longest news page in the sets
    # measured has 3 MB of HTML; a file far beyond is a dump that wants splitting, not a page.
    max_page_bytes: Annotated[int, msgspec.Meta(ge=1, le=2**40)] = 20_000_000


class StripConfig(Section, frozen=True):
    mode: StripMode = "auto"
    captions: Literal["drop", "keep"] = "drop"  # photo captions and credits, told by the credit
    boilerplate: bool = True  # lines an outlet repeats over its stories are taken off
    outlet_rules: str = ""  # a folder of outlet rule files, beside the shipped ones


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**31)]  # more is no number a kernel can take
Samples = Annotated[int, msgspec.Meta(ge=1, le=2**14)]  # of each article, held in memory


class SketchConfig(Section, frozen=True):
    """What an article's sketches are made of. Artefacts of different sketch settings never mix."""

    shingle_words: Positive = 5  # words in a row; characters in scripts without spaces
    permutations: Samples = 128  # values of a near-view signature
    story_samples: Samples = 128  # bins of a story-view sketch; a power of two
    lead_words: Positive = 100  # the opening, headline included: what it names, the story is about

    def __post_init__(self) -> None:
        if self.story_samples & (self.story_samples - 1):
            raise ValueError(f"story_samples is {self.story_samples}; give a power of two")


Bits = Annotated[float, msgspec.Meta(ge=0, le=10_000)]


class CandidatesConfig(Section, frozen=True):
    """Which pairs LSH proposes. It only proposes: verification decides."""

    near_recall: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.98  # of pairs at `min_jaccard`
    near_bucket: Positive = 64  # articles; a fuller bucket proposes a star, not all its pairs
    passage_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.125  # of shingles, by value
    passage_shared: Positive = 2  # sampled shingles in common
    passage_bucket: Positive = 64  # articles, as `near_bucket`
    # What of the story view two articles share is counted in bits (`agree`).
    story_bucket: Positive = 150  # articles; a fuller bucket counts, but does not propose
    story_rare_bits: Bits = 14.0  # shared in buckets that are not too full
    story_bits: Bits = 24.0  # shared in all, beyond log2 of the articles there are


class DocumentFrequencyConfig(Section, frozen=True):
    """How rare a word is in the corpus at hand."""

    background_articles: Annotated[int, msgspec.Meta(ge=0)] = 10_000  # general news mixed in


Threshold = Annotated[float, msgspec.Meta(gt=0, le=1)]


class VerifyConfig(Section, frozen=True):
    """What a candidate must show to be a match. Chosen as benchmarks/README.md, "Copies", tells."""

    min_jaccard: Threshold = 0.25  # `near`: of 5-word shingles
    min_containment: Threshold = 0.65  # `contains`: share of the shorter's shingles in the longer
    # Pairs that share fewer shingles than this need more: short notices are alike in form.
    enough_shingles: Positive = 50
    min_jaccard_short: Threshold = 0.7
    min_containment_short: Threshold = 0.9
    # Not copies but two days of one column: of the shingles not shared this share holds
    # a figure, and the Jaccard is below the other.
    min_column_figures: Threshold = 0.8
    max_column_jaccard: Threshold = 0.8
    min_story_score: Threshold = 0.6  # `rewrite`: the probability that `score` gives
    # `rewrite`: at most so many days apart, where both dates are known; 0 for no limit.
    rewrite_days: Annotated[int, msgspec.Meta(ge=0, le=2**20)] = 30
    min_passage_words: Positive = 20  # `excerpt`: the longest shared run of words
    shown_passage_words: Positive = 8  # shorter shared runs are no evidence worth showing
    shown_terms: Positive = 12  # shared rare terms listed with a match


class ClusterConfig(Section, frozen=True):
    """What joins a cluster. Chosen as `VerifyConfig`."""

    # Bodies of fewer words join copies only under one title: of stubs, the same words may be said
    # of another company, or under another photograph.
    min_copy_words: Annotated[int, msgspec.Meta(ge=0)] = 12
    # A contained one is a copy that is so much of the longer article, or of what it leads with.
    min_length_coverage: Share = 0.15
    min_lead_coverage: Share = 0.5
    min_copy_share: Share = 0.02  # of the pairs across two sets of copies that join
    min_containment_across: Share = 0.1  # containment that every one of those pairs must have
    min_story_cohesion: Share = 0.5  # mean story score across two stories that join


Preference = Literal["covers", "named", "earliest", "latest", "longest", "outlets"]


class KeepConfig(Section, frozen=True):
    """What of a set of copies is kept. `benchmarks/lost_words.py` measures what is lost."""

    # What makes an article the canonical one, the first that tells them apart deciding: it has most
    # of what the others have; they name its outlet as their source; by date; by length; by outlet.
    prefer: tuple[Preference, ...] = ("covers", "named", "earliest", "longest")
    # Outlets in the order trusted, by name as in the pages; before all of `prefer`, unless it says
    # where `outlets` comes.
    outlets: tuple[str, ...] = ()

    # A copy is dropped if of its shingles no larger share is in no kept article of its set ...
    max_lost: Share = 0.05
    # ... and so many words in a row at most: a paragraph of its own is news, however long the rest.
    max_lost_words: Annotated[int, msgspec.Meta(ge=0)] = 25

    def __post_init__(self) -> None:
        if len(set(self.prefer)) < len(self.prefer):
            raise ValueError(f"prefer names one twice: {', '.join(self.prefer)}")
        if {"earliest", "latest"} <= set(self.prefer):
            raise ValueError("prefer has both earliest and latest; give one")
        if "outlets" in self.prefer and not self.outlets:
            raise ValueError("prefer has outlets, and outlets is empty; name them")


class IndexConfig(Section, frozen=True):
    """What the lasting index keeps, and how surely."""

    store_text: bool = True  # bodies, compressed: for passages and terms, and to be sketched anew
    durability: Literal["normal", "full"] = "normal"  # full: power loss too, an fsync for each turn


class Config(Section, frozen=True):
    """A whole configuration; `Config()` is the default one."""

    sketch: SketchConfig = SketchConfig()
    candidates: CandidatesConfig = CandidatesConfig()
    document_frequency: DocumentFrequencyConfig = DocumentFrequencyConfig()
    verify: VerifyConfig = VerifyConfig()
    cluster: ClusterConfig = ClusterConfig()
    keep: KeepConfig = KeepConfig()
    index: IndexConfig = IndexConfig()

    read: ReadConfig = ReadConfig()
    strip: StripConfig = StripConfig()


DEFAULT_CONFIG = Config()


def load_config(path: str | Path | None = None) -> Config:
    """The default config, with the settings of a YAML file, or of "precision" or "recall".

    Raises `ConfigError` naming the file, the key path, what is wrong and the keys there are.
    """
    if path is None:
        return Config()
    path = _find_shipped(Path(path))
    given = read_yaml(path)
    try:
        return msgspec.convert(_without_empty(given), Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_describe_error(str(error))}") from None


def _find_shipped(path: Path) -> Path:
    """The shipped config of that name, where no file has it."""
    shipped = config_folder() / f"{path.name}.yaml"
    is_name = path.name == str(path) and not path.exists()
    return shipped if is_name and shipped.is_file() else path


def _without_empty(given: Any) -> Any:
    """The settings without the sections that were left empty, as by commenting out every key."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        return given
    # YAML reads `on`, `1` and `2024-05-01` as no text; as unknown keys they get the usual answer.
    return {
        str(key): {str(k): v for k, v in section.items()} if isinstance(section, dict) else section
        for key, section in given.items()
        if section is not None
    }


# What msgspec calls by the names of JSON.
_YAML_NAMES = {"`object`": "keys with values", "`array`": "a list", "`null`": "nothing"}


def _describe_error(message: str) -> str:
    """`verify: unknown key 'min_jacard'; known keys: …` for msgspec's message and JSON path."""
    what, _, where = message.rpartition(" - at `$")
    if not what:
        what, where = message, ""
    keys = [key.partition("[")[0] for key in where.rstrip("`").split(".") if key]
    place = "".join(f"{key}: " for key in keys)
    section: Any = Config()
    for key in keys[:-1] if what.startswith("Invalid enum") else keys:
        section = getattr(section, key)
    if unknown := re.search(r"unknown field `(.*)`", what):
        known = ", ".join(section.__struct_fields__)
        return f"{place}unknown key {unknown[1]!r}; known keys: {known}"
    if invalid := re.search(r"Invalid enum value (.*)", what):
        values = ", ".join(_list_choices(get_type_hints(type(section))[keys[-1]]))
        return f"{place}no value {invalid[1]}; values: {values}"
    for found, name in _YAML_NAMES.items():
        what = what.replace(found, name)
    return f"{place}{what[:1].lower()}{what[1:]}"


def _list_choices(kind: Any) -> tuple[str, ...]:
    """The values of a `Literal`, or of the literals that a tuple may hold."""
    inner = get_args(kind)
    return get_args(inner[0]) if get_origin(kind) is tuple else inner


def recipe_of(config: Config) -> dict[str, Any]:
    """Every setting that shapes an artefact made with this config, and the rules' digest.

    Artefacts of different recipes are never mixed.
    """
    # Read as a file would be: a threshold given as 1 is 1.0, and the same recipe.
    read = msgspec.convert(msgspec.to_builtins(config), Config)
    return {
        "settings": msgspec.to_builtins(read),
        "rules": rules_digest(config.strip.outlet_rules),
        "scheme": SCHEME,
    }


def strip_recipe(config: Config) -> str:
    """What of the recipe shapes a stripped page, as one string."""
    strip = config.strip
    recipe = (msgspec.to_builtins(strip), rules_digest(strip.outlet_rules), __version__)
    return msgspec.json.encode(recipe).decode()


@cache
def rules_digest(outlet_rules: str = "") -> str:
    """16 hex digits that change with any file of paratext rules, shipped or of one's own."""
    folders = [config_folder() / "paratext", *([Path(outlet_rules)] if outlet_rules else [])]
    digest = xxhash.xxh3_64()
    paths = (path for folder in folders for path in sorted(folder.rglob("*.*")) if path.is_file())
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def config_folder() -> Path:
    """The folder of shipped YAML: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


class _Once:
    """YAML in which no key comes twice: the second would silently take the place of the first."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key {key.value!r} comes twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        read: dict[Any, Any] = super().construct_mapping(node, deep)  # type: ignore[misc]  # of the loader it is mixed into
        return read


class _Loader(_Once, yaml.SafeLoader):
    """In Python: slow, but it says what is wrong."""


class _QuickLoader(_Once, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # by what there is
    """In C, where PyYAML has it."""


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; raises `ConfigError` with file and line."""
    with yaml_errors(path):
        text = path.read_text(encoding="utf-8")
        try:
            return yaml.load(text, Loader=_QuickLoader)
        except (yaml.YAMLError, ValueError, RecursionError):
            return yaml.load(text, Loader=_Loader)


@contextmanager
def yaml_errors(path: Path) -> Iterator[None]:
    """Words what goes wrong while a YAML file is read as `ConfigError`, with file and line."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: not valid YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigError(f"{path}: not valid YAML: character {error.character:#x}") from None
    except ValueError as error:  # a date of no calendar
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid YAML: nested too deeply") from None
