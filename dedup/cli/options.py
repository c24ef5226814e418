"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from dedup.config import Config, StripMode, load_config

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML settings, or `precision` or `recall` for fewer and surer or for more rewrites. "
    "configs/default.yaml has every key.",
)

strip_option = click.option(
    "--strip",
    "mode",
    type=click.Choice(["auto", "safe", "core", "off"]),
    help="How to take the chrome off; auto chooses by the page.  [default: auto]",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
    help="Processes and threads.  [default: one a core]",
)


def read_config(path: Path | None, mode: StripMode | None = None) -> Config:
    """The config of a file, with the strip mode that the command line gives instead."""
    config = load_config(path)
    if mode is None:
        return config
    return msgspec.structs.replace(config, strip=msgspec.structs.replace(config.strip, mode=mode))
