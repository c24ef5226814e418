"""Widen: kernels whose loops run on the widest vectors there are."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import lower_builtin, type_callable


def widen_vectors() -> None:
    """Have the loops of the kernel that calls this vectorised for 512 bits, where there are such.

    LLVM takes half as many by itself, for the sake of processors that ran slower with them.
    """


@type_callable(widen_vectors)
def _type(_context: Any) -> Any:
    return lambda: types.none


# numba has types for one of them only
@lower_builtin(widen_vectors)  # type: ignore[no-untyped-call,untyped-decorator]
def _lower(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
    # Within a kernel without it, it would be lost.
    builder.function.attributes.add("noinline")
    # llvmlite's own `add` knows no attributes with values.
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')
    return context.get_dummy_value()
