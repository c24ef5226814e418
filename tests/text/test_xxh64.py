"""Hash: against `xxhash` itself, for every length."""

import numpy as np
import xxhash

from dedup.text.xxh64 import MAX_SHORT_BYTES, hash_lanes, hash_runs

LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789"


def test_lanes_are_xxh64_for_every_length() -> None:
    rng = np.random.default_rng(7)
    for length in range(201):
        data = rng.integers(0, 256, length, dtype=np.uint8)
        lanes = np.zeros(length // 8 + 1, dtype=np.uint64)
        lanes.view(np.uint8)[:length] = data
        assert int(hash_lanes(lanes, length)) == xxhash.xxh64_intdigest(data.tobytes())


def test_short_words_are_xxh64_but_for_the_figure() -> None:
    rng = np.random.default_rng(7)
    words = [
        bytes(rng.choice(list(LETTERS[:letters]), size).tolist())
        for size in range(1, MAX_SHORT_BYTES + 1)
        for letters in (26, 27, 36)  # none, few and many digits
        for _ in range(20)
    ]
    hashes, is_odd = hash_words(words)
    figures = [any(byte in b"0123456789" for byte in word) for word in words]
    assert 100 < sum(figures) < len(words) - 100
    expected = [xxhash.xxh64_intdigest(w) & ~1 | f for w, f in zip(words, figures, strict=True)]
    assert hashes == expected
    assert not any(is_odd)


def test_long_runs_and_others_than_ascii_are_odd() -> None:
    words = [b"a" * 15, b"a" * 16, b"", "é".encode(), b"abcdefgh\xff", b"a" * 200, b"z"]
    assert hash_words(words)[1] == [False, True, False, True, True, True, False]


def hash_words(words: list[bytes]) -> tuple[list[int], list[bool]]:
    """The words with another beside each, which must not matter."""
    packed = np.array([list(word[:16].ljust(16, b"~")) for word in words], dtype=np.uint8)
    firsts, seconds = np.ascontiguousarray(packed.view(np.uint64).T)
    edges = np.array([[100 * i, 100 * i + len(word)] for i, word in enumerate(words)], np.uint32)
    hashes, is_odd = np.zeros(len(words), np.uint64), np.zeros(len(words), np.uint8)
    any_odd = hash_runs(firsts, seconds, edges.ravel(), hashes, is_odd)
    assert bool(any_odd) == is_odd.any()
    return hashes.tolist(), is_odd.astype(bool).tolist()
