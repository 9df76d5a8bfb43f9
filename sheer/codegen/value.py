"""Values of the code generator: what a PTX register holds, as LLVM names.

A value has `bits`; its shape says how it differs from lane to lane. Uniform: `scalar` holds it. Affine: `scalar` is the base, `stride` the
runtime stride if there is one, and `vector` is made when asked for, unless the value went through widening (`vector` is then given,
because base + constants could differ from it where 32-bit arithmetic wraps). Varying: `vector`.
"""

from __future__ import annotations

from sheer.passes.shape import Shape


class Value:
    """One value; `forms` caches bitcasts by LLVM type within a block."""

    __slots__ = ("bits", "every", "exact", "extent", "forms", "known", "narrow", "never", "scalar", "shape", "stride", "vector")

    def __init__(
        self, bits: int, shape: Shape | None, scalar: str = "", vector: str = "", stride: str = ""
    ) -> None:
        self.bits, self.shape = bits, shape
        self.scalar, self.vector, self.stride = scalar, vector, stride
        self.forms: dict[str, str] = {}
        self.known: int | None = None  # an integer constant
        self.every = self.never = ""  # of a varying predicate: i1 names that imply "in all lanes", "in none" (see bounds)
        self.extent: tuple[bool, str, str, str] | None = None  # of a varying value, where known (see bounds)
        # A varying address as base + extension of 32-bit indices * scale: (base, indices, "sext" or "zext", scale).
        self.narrow: tuple[str, str, str, int] | None = None
        self.exact = False  # affine, but only `vector` is exact: the base is good for addresses

    @property
    def uniform(self) -> bool:
        return self.shape is not None and self.shape.uniform

    def known_as(self, shape: Shape) -> Value:
        """The same value with what the passes know of its base."""
        other = Value(self.bits, shape, self.scalar, self.vector, self.stride)
        other.forms, other.known, other.exact = self.forms, self.known, self.exact
        other.every, other.never, other.extent, other.narrow = self.every, self.never, self.extent, self.narrow
        return other

    def apart(self) -> Value:
        """A copy whose cached names are its own: for code that only some paths reach."""
        other = Value(self.bits, self.shape, self.scalar, self.vector, self.stride)
        other.forms, other.known, other.exact = dict(self.forms), self.known, self.exact
        other.every, other.never, other.extent, other.narrow = self.every, self.never, self.extent, self.narrow
        return other
