"""Reads and writes bits of byte arrays in compiled code, most significant bit first.

These are instructions rather than functions: compiled code that uses them has them in line, as `bits_at(data,
position)` and so on. The caller sees to it that nine bytes exist from the first that is touched; where numba checks
bounds (`NUMBA_BOUNDSCHECK=1`), so do they.
"""

import sys
from functools import cache
from typing import Any

from imaging.kernels import Instruction


@cache
def _word() -> Any:
    """Return LLVM's type of 64 bits."""
    from llvmlite import ir  # type: ignore[import-untyped]

    return ir.IntType(64)


def byte_address(context: Any, builder: Any, kind: Any, array: Any, index: Any, count: int) -> Any:
    """Return where a byte of an array lies, for an instruction that touches `count` bytes from there on."""
    from numba.core import config

    opened = context.make_array(kind)(context, builder, array)
    if config.BOUNDSCHECK:  # type: ignore[attr-defined]  # set while numba is imported
        behind = builder.icmp_signed(">", builder.add(index, _word()(count)), opened.nitems)
        with builder.if_then(builder.or_(behind, builder.icmp_signed("<", index, _word()(0))), likely=False):
            context.call_conv.return_user_exc(builder, IndexError, (f"{count} bytes that are not all in the array",))
    return builder.gep(opened.data, [index])


def _load(builder: Any, address: Any) -> Any:
    word = builder.load(builder.bitcast(address, _word().as_pointer()), align=1)
    return builder.bswap(word) if sys.byteorder == "little" else word


def _store(builder: Any, word: Any, address: Any) -> None:
    turned = builder.bswap(word) if sys.byteorder == "little" else word
    builder.store(turned, builder.bitcast(address, _word().as_pointer()), align=1)


@Instruction
def bits_at(_typing: Any, data: Any, position: Any) -> Any:
    """Return a word whose upper 57 bits are those at a position of an array of bytes; what follows them is arbitrary."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, bit = arguments
        address = byte_address(context, builder, signature.args[0], array, builder.ashr(bit, _word()(3)), 8)
        return builder.shl(_load(builder, address), builder.and_(bit, _word()(7)))

    return types.uint64(data, types.int64), generate


@Instruction
def whole_bits_at(_typing: Any, data: Any, position: Any) -> Any:
    """Return the 64 bits at a position of an array of bytes."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, bit = arguments
        index, shift = builder.ashr(bit, _word()(3)), builder.and_(bit, _word()(7))
        address = byte_address(context, builder, signature.args[0], array, index, 9)
        behind = builder.zext(builder.load(builder.gep(address, [_word()(8)])), _word())
        return builder.or_(builder.shl(_load(builder, address), shift), builder.lshr(behind, builder.sub(_word()(8), shift)))

    return types.uint64(data, types.int64), generate


@Instruction
def set_bits(_typing: Any, data: Any, position: Any, bits: Any) -> Any:
    """Write the upper 57 bits of a word from a position of an array of bytes on; what stands before it in its byte stays."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, bit, word = arguments
        shift = builder.and_(bit, _word()(7))
        address = byte_address(context, builder, signature.args[0], array, builder.ashr(bit, _word()(3)), 8)
        kept = builder.and_(_load(builder, address), builder.not_(builder.lshr(_word()(2**64 - 1), shift)))
        _store(builder, builder.or_(kept, builder.lshr(word, shift)), address)
        return context.get_dummy_value()

    return types.void(data, types.int64, types.uint64), generate


@Instruction
def set_word(_typing: Any, data: Any, index: Any, word: Any) -> Any:
    """Write the 64 bits of a word from a byte of an array of bytes on."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, byte, bits = arguments
        _store(builder, bits, byte_address(context, builder, signature.args[0], array, byte, 8))
        return context.get_dummy_value()

    return types.void(data, types.int64, types.uint64), generate
