"""The native frame (sheer/machine/native/frame.h) as seen from Python: offsets and a builder for tests and
tools."""

from __future__ import annotations

import ctypes

# Device functions that the machine has: what compiled code calls and no module defines.
RUNTIME = frozenset(
    (
        "vprintf",
        "malloc",
        "free",
        "__assertfail",
        "__sheer_grid_sync",
        "cudaCGSynchronizeGrid",
        "__sheer_trap",
        "__sheer_launch",
    )
)


class Frame(ctypes.Structure):
    """One live block. Field for field the C struct SheerFrame."""

    _fields_ = [
        ("params", ctypes.c_void_p),
        ("shared", ctypes.c_void_p),
        ("local", ctypes.c_void_p),
        ("globals", ctypes.c_void_p),
        ("ctaid", ctypes.c_uint32 * 3),
        ("ntid", ctypes.c_uint32 * 3),
        ("nctaid", ctypes.c_uint32 * 3),
        ("shared_bytes", ctypes.c_uint32),
        ("dynamic_shared", ctypes.c_uint32),
        ("local_stride", ctypes.c_uint32),
        ("gridid", ctypes.c_uint64),
        ("smid", ctypes.c_uint32),
        ("nsmid", ctypes.c_uint32),
        ("machine", ctypes.c_void_p),
        ("counts", ctypes.c_void_p),
    ]


class KernelInfo(ctypes.Structure):
    """What an object says of its kernel: SheerKernelInfo."""

    _fields_ = [
        ("abi", ctypes.c_uint32),
        ("lanes", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("local_bytes", ctypes.c_uint32),
        ("static_shared", ctypes.c_uint32),
        ("stack_bytes", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 2),
    ]
