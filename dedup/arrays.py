"""The array types that stages pass on, by what they hold."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]  # UTF-8
Hashes: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.uint32]  # character indexes
Rows: TypeAlias = NDArray[np.uint32]  # row numbers of articles
Offsets: TypeAlias = NDArray[np.int64]  # where each row of a ragged array starts, and the last ends
Signatures: TypeAlias = NDArray[np.uint32]
Weights: TypeAlias = NDArray[np.float32]
Shares: TypeAlias = NDArray[np.float32]  # of 0 to 1
Days: TypeAlias = NDArray[np.float64]  # since 1970, by row; NaN where unknown

# For numba's kernels, which take the types of their arguments from the call; each kernel's
# comment says what it is given.
Array: TypeAlias = NDArray[Any]
Scalar: TypeAlias = Any
