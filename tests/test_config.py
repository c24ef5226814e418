"""Config: what a person gets when a file is wrong, word for word."""

from pathlib import Path

import msgspec
import pytest
import yaml

from dedup.config import (
    Config,
    StripConfig,
    VerifyConfig,
    config_folder,
    load_config,
    read_yaml,
    recipe_of,
)
from dedup.errors import ConfigError

VERIFY_KEYS = ", ".join(Config().verify.__struct_fields__)
SECTIONS = "sketch, candidates, document_frequency, verify, cluster, keep, index, read, strip"

WRONG = [
    ("verify: {min_jacard: 0.4}", f": verify: unknown key 'min_jacard'; known keys: {VERIFY_KEYS}"),
    ("verfy: {min_jaccard: 0.4}", f": unknown key 'verfy'; known keys: {SECTIONS}"),
    ("verify: {a.b: 2}", f": verify: unknown key 'a.b'; known keys: {VERIFY_KEYS}"),
    (
        "verify: {'x - at `$.y`': 2}",
        f": verify: unknown key 'x - at `$.y`'; known keys: {VERIFY_KEYS}",
    ),
    ("verify: {on: 2}", f": verify: unknown key 'True'; known keys: {VERIFY_KEYS}"),
    ("1: {min_jaccard: 0.4}", f": unknown key '1'; known keys: {SECTIONS}"),
    ("verify: {min_jaccard: high}", ": verify: min_jaccard: expected `float`, got `str`"),
    ("verify: {min_jaccard: null}", ": verify: min_jaccard: expected `float`, got nothing"),
    ("verify: {enough_shingles: 2.5}", ": verify: enough_shingles: expected `int`, got `float`"),
    ("verify: {min_jaccard: 1.5}", ": verify: min_jaccard: expected `float` <= 1.0"),
    ("verify: {min_jaccard: .nan}", ": verify: min_jaccard: expected `float` > 0.0"),
    ("verify: {enough_shingles: 0}", ": verify: enough_shingles: expected `int` >= 1"),
    ("candidates: {near_recall: 1}", ": candidates: near_recall: expected `float` < 1.0"),
    ("strip: {mode: fast}", ": strip: mode: no value 'fast'; values: auto, safe, core, off"),
    ("sketch: {story_samples: 100}", ": sketch: story_samples is 100; give a power of two"),
    ("- verify\n- sketch", ": expected keys with values, got a list"),
    ("verify", ": expected keys with values, got `str`"),
    ("verify: 3", ": verify: expected keys with values, got `int`"),
    ("verify: [min_jaccard]", ": verify: expected keys with values, got a list"),
    (
        "verify:\n  a: [1,\nb: 2\n",
        ":4: not valid YAML: expected ',' or ']', but got '<stream end>'",
    ),
    (
        "verify:\n\tmin_jaccard: 1",
        ":2: not valid YAML: found character '\\t' that cannot start any token",
    ),
    ("a: *b", ":1: not valid YAML: found undefined alias 'b'"),
    ("a: 1\n---\nb: 2", ":2: not valid YAML: but found another document"),
    ("? [1]\n: 2", ":1: not valid YAML: found unhashable key"),
    ("verify: {}\nsketch: {}\nverify: {}", ":3: not valid YAML: the key 'verify' comes twice"),
    ("verify: {min_jaccard: 2024-13-45}", ": not valid YAML: month must be in 1..12"),
    ("a: \0", ": not valid YAML: character 0x0"),
    ("[" * 5000, ": not valid YAML: nested too deeply"),
]


def write_config(folder: Path, text: str) -> Path:
    path = folder / "wire.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[text[:30] for text, _ in WRONG])
def test_wrong_config(tmp_path: Path, text: str, message: str) -> None:
    path = write_config(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path}{message}"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load_config(tmp_path / "none.yaml")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "wire.yaml"
    path.write_bytes(b"verify: {}\n\xff")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 11"):
        load_config(path)


@pytest.mark.parametrize("text", ["", "# nothing\n", "verify:\n", "verify:\n  # min_jaccard: .5\n"])
def test_what_is_left_out_is_the_default(tmp_path: Path, text: str) -> None:
    assert load_config(write_config(tmp_path, text)) == Config() == load_config()


def test_given_settings_are_taken_and_the_rest_stay(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path, "verify: {min_jaccard: 1, min_passage_words: 9}"))
    assert (config.verify.min_jaccard, config.verify.min_passage_words) == (1.0, 9)
    assert msgspec.structs.replace(config, verify=Config().verify) == Config()


def test_shipped_default_is_the_default() -> None:
    path = config_folder() / "default.yaml"
    assert load_config(path) == Config()
    assert yaml.safe_load(path.read_text()) == msgspec.json.decode(msgspec.json.encode(Config()))


def test_shipped_configs_ask_for_more_and_for_less() -> None:
    names = [path.stem for path in sorted(config_folder().glob("*.yaml"))]
    assert names == ["default", "precision", "recall"]
    bars = [
        (config.verify.min_story_score, config.cluster.min_story_cohesion)
        for config in (load_config(config_folder() / f"{name}.yaml") for name in names)
    ]
    default, precise, wide = bars
    assert all(
        low < middle < high for low, middle, high in zip(wide, default, precise, strict=True)
    )


def test_a_shipped_config_is_named_without_its_folder(tmp_path: Path) -> None:
    precision = load_config(config_folder() / "precision.yaml")
    assert load_config("precision") == load_config(Path("precision")) == precision
    with pytest.raises(ConfigError, match="precise: cannot be read"):
        load_config("precise")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "precision")


def test_no_shipped_yaml_repeats_a_key() -> None:
    for path in sorted(config_folder().rglob("*.yaml")):
        read_yaml(path)


def test_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    testing = pytest.importorskip("click.testing")
    from dedup.cli import main  # slow: this test only

    path = write_config(tmp_path, "verify: {min_jacard: 0.4}")
    (tmp_path / "page.txt").write_text("Peace.")
    given = ["clean", str(tmp_path / "page.txt"), "-o", str(tmp_path / "out"), "-c", str(path)]
    result = testing.CliRunner().invoke(main, given)
    assert result.exit_code == 2
    said = f"Error: {path}: verify: unknown key 'min_jacard'; known keys: {VERIFY_KEYS}"
    assert " ".join(result.stderr.split()) == said


def test_recipe_follows_every_setting(tmp_path: Path) -> None:
    changed = load_config(write_config(tmp_path, "cluster: {min_length_coverage: 0.2}"))
    assert recipe_of(changed) != recipe_of(Config())
    assert recipe_of(Config()) == recipe_of(load_config())
    whole, decimal = (Config(verify=VerifyConfig(min_containment=one)) for one in (1, 1.0))
    assert msgspec.json.encode(recipe_of(whole)) == msgspec.json.encode(recipe_of(decimal))
    assert msgspec.json.encode(recipe_of(Config())) == msgspec.json.encode(recipe_of(load_config()))


def test_recipe_follows_own_rules(tmp_path: Path) -> None:
    def recipe(rules: str) -> dict[str, object]:
        folder = tmp_path / rules
        folder.mkdir()
        (folder / "x.yaml").write_text(rules)
        return recipe_of(Config(strip=StripConfig(outlet_rules=str(folder))))

    assert recipe("one")["rules"] != recipe("two")["rules"] != recipe_of(Config())["rules"]
