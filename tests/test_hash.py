"""Hash: against `xxhash` itself, for every length."""

import numpy as np
import xxhash

from dedup.hash import MAX_SHORT_BYTES, hash_lanes, hash_short

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
    packed = np.array([list(word.ljust(16, b"\0")) for word in words], dtype=np.uint8)
    firsts, seconds = np.ascontiguousarray(packed.view(np.uint64).T)
    sizes = np.array([len(word) for word in words], dtype=np.uint64)
    hashes = np.zeros(len(words), dtype=np.uint64)
    hash_short(firsts, seconds, sizes, hashes)
    figures = [any(byte in b"0123456789" for byte in word) for word in words]
    assert 100 < sum(figures) < len(words) - 100
    expected = [xxhash.xxh64_intdigest(w) & ~1 | f for w, f in zip(words, figures, strict=True)]
    assert hashes.tolist() == expected


def test_no_size_leaves_a_hash_as_it_is() -> None:
    columns = np.full((3, 5), 97, dtype=np.uint64)
    columns[2] = [1, 0, 1, 0, 0]
    hashes = np.arange(5, dtype=np.uint64)
    hash_short(*columns, hashes)
    assert hashes[[1, 3, 4]].tolist() == [1, 3, 4]
    assert hashes[0] == hashes[2] == xxhash.xxh64_intdigest(b"a") & ~1
