"""Attribution: whether an article's page is found to say what a tester read in it."""

from __future__ import annotations

from dedup.check.analyse import Analysis
from dedup.check.expect import Expected


def judge_attribution(expected: Expected, analysis: Analysis) -> tuple[bool, str]:
    """Whether the fields that were written down, and they only, are found as written."""
    article = analysis.article(expected.ids[0])
    wrong = []
    for field, wanted in expected.said.items():
        found = article.outlet if field == "outlet" else getattr(article.attribution, field)
        if not _says(field, wanted, found):
            wrong.append(f"  {field}: expected {_show(wanted)}, found {_show(found)}")
    if wrong:
        return False, "\n".join([f"attribution of {article.id} differs", *wrong])
    return True, f"attribution of {article.id}: {', '.join(expected.said)} as expected"


def _says(field: str, wanted: object, found: object) -> bool:
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return sorted(wanted) == sorted(found)
    if field == "outlet" and isinstance(wanted, str) and isinstance(found, str):
        return wanted.casefold() == found.casefold()
    return wanted == found


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(repr, value)) or "nobody"
    return "nothing" if value is None else repr(value)
