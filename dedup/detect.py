"""Detect the language of a body whose page does not say it."""

from __future__ import annotations

_READ_CHARACTERS = 600  # enough for py3langid to agree with itself on whole news articles
_MIN_LETTERS = 20  # of fewer, a guess is worse than none: `Reuters` is not Latin


def settle_language(declared: str | None, text: str) -> str | None:
    """The ISO 639-1 code of a body: as declared ("en-US" is `en`), else detected, else None.

    >>> settle_language("pt_BR", ""), settle_language(None, "Reuters")
    ('pt', None)
    >>> settle_language(None, "Der Kanzler sprach am Montag in Berlin mit der Presse.")
    'de'
    """
    if declared:
        return declared.replace("_", "-").split("-")[0].lower()
    sample = text[:_READ_CHARACTERS]
    if sum(char.isalpha() for char in sample) < _MIN_LETTERS:
        return None
    import py3langid

    return str(py3langid.classify(sample)[0])
