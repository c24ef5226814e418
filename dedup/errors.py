"""One family of errors, each worded for the person who can repair the input."""

from __future__ import annotations


class DedupError(Exception):
    """Anything wrong with what was given to `dedup`: says where, what was found, what next."""


class ConfigError(DedupError):
    """A configuration or rule file that cannot be used: names the file and the key path."""


class InputError(DedupError):
    """An input, output or pair file that cannot be used: names the place."""


class StoreError(DedupError):
    """An index that cannot be opened, read or written: names it, and says what was not lost."""
