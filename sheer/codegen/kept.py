"""Memory that a block keeps between the stages of its kernel. In: what groups keep, part by part. Out: where it lies, and how much it is."""

from __future__ import annotations

VOTES, RESULT, _FIRST = 0, 4, 64  # offsets: the votes of a barrier that counts them, what they came to, the first part
LINE = 64
ROWS = -1  # the place of local memory


class Kept:
    """Where groups keep values between stages."""

    def __init__(self, groups: int) -> None:
        self.groups = groups
        self.places: dict[tuple[int, str], tuple[int, int]] = {}
        self.size = _FIRST

    def place(self, number: int, part: str, size: int) -> tuple[int, int]:
        """(offset for the first group, bytes from group to group)."""
        key = number, part
        if key not in self.places:
            step = 8 if size <= 8 else -(-size // LINE) * LINE
            self.places[key] = self.size, step
            self.size += -(-step * self.groups // LINE) * LINE
        return self.places[key]
