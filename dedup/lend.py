"""Lend: arrays that a kernel slices and passes on without counting references to them."""

from __future__ import annotations

from typing import Any, TypeVar

from numba import types
from numba.extending import lower_builtin, type_callable

Lent = TypeVar("Lent")


def lend(given: Lent) -> Lent:
    """The same array, or tuple of arrays, whose slices own nothing: counting one takes 7 ns.

    Only for what a kernel is given as argument: its caller keeps that for as long as it runs.
    """
    return given


@type_callable(lend)
def _type(_context: Any) -> Any:
    return lambda given: given


# numba has types for one of them only
@lower_builtin(lend, types.Array)  # type: ignore[no-untyped-call,untyped-decorator]
def _lower_array(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    array.meminfo = array.meminfo.type(None)
    return array._getvalue()  # its only way out


@lower_builtin(lend, types.BaseTuple)  # type: ignore[no-untyped-call,untyped-decorator]
def _lower_tuple(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kinds = enumerate(signature.args[0])
    each = [(kind, builder.extract_value(arguments[0], k)) for k, kind in kinds]
    lent = [_lower_array(context, builder, kind(kind), [array]) for kind, array in each]
    return context.make_tuple(builder, signature.args[0], lent)
