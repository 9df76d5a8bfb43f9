"""Memory that a block keeps between the stages of its kernel. In: what groups keep, part by part. Out: where it lies, and how much it is."""

from __future__ import annotations

VOTES, RESULT, FIRST = 0, 4, 64  # offsets: the votes of a barrier that counts them, what they came to, the first group
LINE = 64
ROWS, MASKS = -1, -2  # the places of local memory, and of the masks of blocks: one below the other


class Kept:
    """Where groups keep values between stages: what a group keeps lies together. So it is read in a row, and sums that are written are not taken for those
    that are read next, as memory is by the processor where addresses differ by multiples of 4 KB."""

    def __init__(self, groups: int) -> None:
        self.groups = groups
        self.places: dict[tuple[int, str], int] = {}
        self.used = 0  # bytes of a group

    def place(self, number: int, part: str, size: int) -> int:
        """Offset from the group's beginning."""
        key = number, part
        if key not in self.places:
            unit = 8 if size <= 8 else LINE
            self.places[key] = -(-self.used // unit) * unit
            self.used = self.places[key] + -(-size // unit) * unit
        return self.places[key]

    @property
    def step(self) -> int:
        """Bytes from group to group, once everything has its place: an odd number of lines."""
        return (-(-self.used // LINE) | 1) * LINE

    @property
    def size(self) -> int:
        return FIRST + self.step * self.groups
