"""Testing: assertions about duplicates for the tests of other projects.

Each takes a text or path (a page, stripped first), a `Page`, an `Article` (taken as it is) or a
`Copy` of `make_copies`. A failure shows the relation and its numbers, the setting that decided and
by how much it was missed, and what the two share.
"""

from dedup.testing.asserts import (
    Given,
    assert_different,
    assert_duplicates,
    assert_story,
    assert_stripped,
)
from dedup.testing.copies import COPY_KINDS, Copy, CopyKind, make_copies

__all__ = [
    "COPY_KINDS",
    "Copy",
    "CopyKind",
    "Given",
    "assert_different",
    "assert_duplicates",
    "assert_story",
    "assert_stripped",
    "make_copies",
]
