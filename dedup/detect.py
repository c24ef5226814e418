"""Detect the language of a body whose page does not say it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_READ_CHARACTERS = 600  # enough for py3langid to agree with itself on whole news articles
_MIN_LETTERS = 20  # of fewer, a guess is worse than none: `Reuters` is not Latin

_CODE = re.compile("[a-z]{2}")

# The languages of newspapers. The model knows 140, and among so many takes market reports for
# Nigerian Pidgin (819 of 30,802 English articles) and tables for no language at all (227).
_NEWSPAPER_LANGUAGES = """
    af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it
    ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv
    sw ta te th tl tr uk ur uz vi zh
"""


def settle_language(declared: str | None, text: str) -> str | None:
    """The ISO 639-1 code of a body: as declared ("en-US" is `en`), else detected, else None.

    >>> settle_language("pt_BR", ""), settle_language(None, "Reuters")
    ('pt', None)
    >>> settle_language(None, "Der Kanzler sprach am Montag in Berlin mit der Presse.")
    'de'
    """
    code = (declared or "").strip().replace("_", "-").split("-")[0].lower()
    if _CODE.fullmatch(code):  # not "English", "eng" or "und": rarity is listed by these codes
        return code
    sample = text[:_READ_CHARACTERS]
    if sum(char.isalpha() for char in sample) < _MIN_LETTERS:
        return None
    return str(_load_identifier().classify(sample)[0])


@cache
def _load_identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  # .3 s: its model

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_NEWSPAPER_LANGUAGES.split())
    return identifier
