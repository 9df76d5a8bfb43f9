"""The two engines behind one call. In: PTX, a kernel, a launch, buffers. Out: the buffers afterwards.

`native` goes the whole way through libsheer's driver API, as a program would; `reference` is the interpreter on an arena.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence

import numpy as np

from sheer import oracle
from sheer.machine import build
from sheer.ptx import parse

Argument = np.ndarray | int | float
Shape = Sequence[int]


def _packed(arguments: Sequence[Argument], places: Sequence[int], params: Sequence[object]) -> bytes:
    """The parameter block."""
    data = bytearray()
    where = iter(places)
    for argument, param in zip(arguments, params, strict=True):
        data.extend(bytes(param.offset - len(data)))  # type: ignore[attr-defined]
        if isinstance(argument, np.ndarray):
            data += struct.pack("<Q", next(where))
        elif isinstance(argument, float):
            data += struct.pack("<f" if param.size == 4 else "<d", argument)  # type: ignore[attr-defined]
        else:
            data += (argument & ((1 << 8 * param.size) - 1)).to_bytes(param.size, "little")  # type: ignore[attr-defined]
    return bytes(data)


def reference(text: str, kernel: str, grid: Shape, block: Shape, arguments: Sequence[Argument], shared: int = 0) -> bytes:
    """Runs the interpreter; changes the arrays in place and returns what was printed."""
    module = parse(text)
    memory = oracle.Arena()
    symbols = oracle.instantiate(module, memory)
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    places = [memory.allocate(a.nbytes, a.tobytes()) for a in arrays]
    params = _packed(arguments, places, module.functions[kernel].params)
    printed = oracle.run(module, kernel, grid, block, params, memory, symbols, shared)
    for array, place in zip(arrays, places, strict=True):
        array.reshape(-1).view(np.uint8)[:] = np.frombuffer(memory.load(place, array.nbytes), np.uint8)
    return printed


class DriverError(Exception):
    """A driver function failed; the number is CUDA's."""


class Driver:
    """libsheer's driver API through ctypes, one context."""

    def __init__(self) -> None:
        self.cuda = ctypes.CDLL(str(build.library()))
        self.context = ctypes.c_void_p()
        self.modules: dict[str, ctypes.c_void_p] = {}
        self.call("cuInit", 0)
        self.open()

    def open(self) -> None:
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), 0)
        self.call("cuCtxSetCurrent", self.context)

    def reset(self) -> None:
        """A new context after a fault."""
        self.modules.clear()
        self.call("cuDevicePrimaryCtxReset_v2", 0)
        self.open()

    def call(self, name: str, *arguments: object) -> None:
        result = getattr(self.cuda, name)(*arguments)
        if result:
            raise DriverError(f"{name} answers {result}")

    def launch(self, text: str, kernel: str, grid: Shape, block: Shape, arguments: Sequence[Argument],
               shared: int = 0, cooperative: bool = False) -> None:
        """Runs a kernel; changes the arrays in place."""
        if text not in self.modules:
            module = ctypes.c_void_p()
            self.call("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(text.encode()))
            self.modules[text] = module
        function = ctypes.c_void_p()
        self.call("cuModuleGetFunction", ctypes.byref(function), self.modules[text], ctypes.c_char_p(kernel.encode()))
        params = parse(text).functions[kernel].params
        arrays = [a for a in arguments if isinstance(a, np.ndarray)]
        places = []
        for array in arrays:
            place = ctypes.c_uint64()
            self.call("cuMemAlloc_v2", ctypes.byref(place), ctypes.c_size_t(max(array.nbytes, 1)))
            self.call("cuMemcpyHtoD_v2", place, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes))
            places.append(place.value)
        data = _packed(arguments, places, params)
        buffer = ctypes.create_string_buffer(data, max(len(data), 1))
        pointers = (ctypes.c_void_p * max(len(params), 1))(*[ctypes.addressof(buffer) + p.offset for p in params])
        name = "cuLaunchCooperativeKernel" if cooperative else "cuLaunchKernel"
        last = [] if cooperative else [None]
        self.call(name, function, *grid, *block, ctypes.c_uint(shared), None, pointers, *last)
        self.call("cuCtxSynchronize")
        for array, place in zip(arrays, places, strict=True):
            self.call("cuMemcpyDtoH_v2", ctypes.c_void_p(array.ctypes.data), ctypes.c_uint64(place), ctypes.c_size_t(array.nbytes))
            self.call("cuMemFree_v2", ctypes.c_uint64(place))


_driver: list[Driver] = []


def driver() -> Driver:
    """The one driver of this process."""
    if not _driver:
        _driver.append(Driver())
    return _driver[0]


def native(text: str, kernel: str, grid: Shape, block: Shape, arguments: Sequence[Argument], shared: int = 0,
           cooperative: bool = False) -> None:
    """Compiles and runs natively; changes the arrays in place. After a fault the context is a new one."""
    one = driver()
    try:
        one.launch(text, kernel, grid, block, arguments, shared, cooperative)
    except DriverError:
        one.reset()
        raise
