"""What is new in a version, by a plain comparison of words."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.match.changes import find_changes, find_unshared

SAID = st.lists(st.sampled_from([f"word{k}" for k in range(9)]), max_size=30)


def new_places(words: list[str], known: list[str]) -> list[int]:
    """The words that are in no run of five (of all, where a text has fewer) that the other has."""
    width = min(5, len(words), len(known)) or 1
    runs = {tuple(known[i : i + width]) for i in range(len(known) - width + 1)}
    shared = {
        i + k
        for i in range(len(words) - width + 1)
        if tuple(words[i : i + width]) in runs
        for k in range(width)
    }
    return [place for place in range(len(words)) if place not in shared]


@settings(deadline=None)  # the kernels are compiled in the first example
@given(SAID, SAID)
def test_new_words_and_passages(words: list[str], known: list[str]) -> None:
    text = " ".join(words)
    found = find_changes(text, " ".join(known))
    places = new_places(words, known)
    assert found.new_words == len(places)
    assert " ".join(text[i:j] for i, j in found.new_passages).split() == [words[k] for k in places]
    assert " ".join(find_unshared(text, [" ".join(known)])).split() == [words[k] for k in places]


@settings(deadline=None)  # the kernels are compiled in the first example
@given(SAID)
def test_nothing_is_new_in_the_same(words: list[str]) -> None:
    found = find_changes(" ".join(words), " ".join(words))
    assert (found.new_words, found.new_passages) == (0, ())


def test_what_moved_is_not_new() -> None:
    first, second = "One two three four five six.", "Seven eight nine ten eleven twelve."
    assert find_changes(f"{second} {first}", f"{first} {second}").new_words == 0


def test_figures_and_quotations_that_changed() -> None:
    said = "He told the paper that {} homes were lost. “{},” the mayor said on Sunday."
    old = said.format("1,200", "We will rebuild here")
    new = said.format("1,350", "We will not rebuild now")
    found = find_changes(new, old)
    assert (found.figures_added, found.figures_gone) == (("1,350",), ("1,200",))
    assert found.quotes_added == ("“We will not rebuild now,”",)
    assert found.quotes_gone == ("“We will rebuild here,”",)


def test_a_figure_that_the_other_has_elsewhere_has_not_changed() -> None:
    old = "On July 16, 2018 they met in Helsinki for talks of two hours and a lunch."
    new = "They met in Helsinki for talks of two hours and a lunch, July 16, 2018, in the palace."
    assert find_changes(new, old).figures_added == ()


def test_one_digit_may_have_changed() -> None:
    old = "The police said that 4 people were hurt when it fell."
    new = "The police said that 7 people were hurt when it fell."
    assert find_changes(new, old).figures_added == ("7",)
