"""Shingles to signatures: MinHash, bit for bit datasketch's `affine32` scheme, seed 1."""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit

from dedup.arrays import Array, Scalar, Signatures
from dedup.kernels.lowering import prefer_wide_vectors

EMPTY = np.uint32(0xFFFFFFFF)  # datasketch's value of an empty set, in every slot
_FMIX1, _FMIX2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


@cache
def load_permutations(permutations: int) -> tuple[Signatures, Signatures]:
    """The multipliers and increments of datasketch's `affine32` scheme, seed 1."""
    # As datasketch draws them; to import it is to import scipy, for .2 s.
    drawn = np.random.RandomState(seed=1)
    factors = drawn.randint(0, 1 << 31, permutations, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, drawn.randint(0, 1 << 32, permutations, dtype=np.uint32)


# Four shingles at a time: the loop over the signature is one of multiplies, adds and minima on
# uint32 lanes, which LLVM vectorises, and loads and stores the signature a quarter as often.
@njit(cache=True, nogil=True)
def sign_shingles(shingles: Array, factors: Array, terms: Array, signature: Array) -> None:
    """Lower `signature` to the MinHash of these shingle hashes (uint32, any order, repeats ok)."""
    prefer_wide_vectors()
    count = shingles.shape[0]
    for i in range(0, count, 4):
        # Past the end the last one again: a repeat lowers nothing.
        a, b = _spread(shingles[i]), _spread(shingles[min(i + 1, count - 1)])
        c, d = _spread(shingles[min(i + 2, count - 1)]), _spread(shingles[min(i + 3, count - 1)])
        for k in range(signature.shape[0]):
            factor, term = factors[k], terms[k]
            left = min(_permute(a, factor, term), _permute(b, factor, term))
            right = min(_permute(c, factor, term), _permute(d, factor, term))
            signature[k] = min(signature[k], left, right)


# Each product is cast back: numba widens uint32 * uint32 to 64 bits, which is neither the scheme
# nor fast.
@njit(cache=True, nogil=True, inline="always")
def _spread(value: Scalar) -> Scalar:
    """The finaliser of MurmurHash3."""
    value = np.uint32((value ^ (value >> np.uint32(16))) * _FMIX1)
    value = np.uint32((value ^ (value >> np.uint32(13))) * _FMIX2)
    return np.uint32(value ^ (value >> np.uint32(16)))


@njit(cache=True, nogil=True, inline="always")
def _permute(value: Scalar, factor: Scalar, term: Scalar) -> Scalar:
    return np.uint32(np.uint32(factor * value) + term)
