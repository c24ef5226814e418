"""What numba does not offer, lowered to LLVM by hand: the one module that uses numba's private API.

- `borrow`: slices of arrays without counting references to them;
- `prefer_wide_vectors`: loops that run on the widest vectors the processor has;
- `compress`: the marked values of an array, moved together eight at a time.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import lower_builtin, type_callable

from dedup.arrays import Array, Scalar

Borrowed = TypeVar("Borrowed")


def borrow(given: Borrowed) -> Borrowed:
    """The same array, or tuple of arrays, whose slices own nothing: counting one takes 7 ns.

    Only for what a kernel is given as argument: its caller keeps that for as long as it runs.
    """
    return given


@type_callable(borrow)
def _borrow_type(_context: Any) -> Any:
    return lambda given: given


# numba has types for one of them only
@lower_builtin(borrow, types.Array)
def _lower_array(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    array.meminfo = array.meminfo.type(None)
    return array._getvalue()  # its only way out


@lower_builtin(borrow, types.BaseTuple)
def _lower_tuple(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kinds = enumerate(signature.args[0])
    each = [(kind, builder.extract_value(arguments[0], k)) for k, kind in kinds]
    lent = [_lower_array(context, builder, kind(kind), [array]) for kind, array in each]
    return context.make_tuple(builder, signature.args[0], lent)


def prefer_wide_vectors() -> None:
    """Have the loops of the kernel that calls this vectorised for 512 bits, where there are such.

    LLVM takes half as many by itself, for the sake of processors that ran slower with them.
    """


@type_callable(prefer_wide_vectors)
def _vectors_type(_context: Any) -> Any:
    return lambda: types.none


# numba has types for one of them only
@lower_builtin(prefer_wide_vectors)
def _lower_vectors(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
    # Within a kernel without it, it would be lost.
    builder.function.attributes.add("noinline")
    # llvmlite's own `add` knows no attributes with values.
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')
    return context.get_dummy_value()


_EIGHT = 8


# Layout: `marks` uint8, 1 or 0, as many as there are `values`; `kept` has room for as many, and may
# be `values` itself.
@njit(cache=True, nogil=True)
def compress_marked(values: Array, marks: Array, kept: Array) -> Scalar:
    """Write the values that are marked to `kept`, in order; returns how many."""
    prefer_wide_vectors()
    found: Scalar = 0
    whole = values.shape[0] // _EIGHT * _EIGHT
    for i in range(0, whole, _EIGHT):
        found += compress_eight(values, marks, i, kept, found)
    for i in range(whole, values.shape[0]):
        kept[found] = values[i]
        found += np.int64(marks[i])
    return found


def compress_eight(values: Array, marks: Array, at: int, kept: Array, found: int) -> int:
    """Write the marked of eight values from `at` on to `kept`, from `found` on; returns how many.

    One instruction, where the processor has it. Eight are written, whatever the last of them are.
    """
    own = values[at : at + _EIGHT][marks[at : at + _EIGHT] != 0]
    kept[found : found + len(own)] = own
    return len(own)


@type_callable(compress_eight)
def _compress_type(_context: Any) -> Any:
    return lambda _values, _marks, _at, _kept, _found: types.int64


# numba has types for one of them only
@lower_builtin(compress_eight, types.Array, types.Array, types.Integer, types.Array, types.Integer)
def _lower_compress(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    values, marks, kept = (
        _point_eight(context, builder, signature.args[i], arguments[i], arguments[j])
        for i, j in ((0, 2), (1, 2), (3, 4))
    )
    eight, lanes = values.type.pointee, ir.VectorType(ir.IntType(1), _EIGHT)
    size = eight.element.width
    own = builder.load(values, align=size // 8)
    marked = builder.trunc(builder.load(marks, align=1), lanes)
    name = f"llvm.experimental.vector.compress.v{_EIGHT}i{size}"
    compress = builder.module.declare_intrinsic(
        name, (), ir.FunctionType(eight, [eight, lanes, eight])
    )
    together = builder.call(compress, [own, marked, ir.Constant(eight, ir.Undefined)])
    builder.store(together, kept, align=size // 8)
    count = builder.ctpop(builder.bitcast(marked, ir.IntType(_EIGHT)))
    return builder.zext(count, ir.IntType(64))


def _point_eight(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    place = builder.gep(data, [at])
    return builder.bitcast(place, ir.VectorType(data.type.pointee, _EIGHT).as_pointer())
