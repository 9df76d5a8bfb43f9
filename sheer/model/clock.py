"""The chip's time while a program runs (SHEER_CLOCK=chip): when its events are reached and its launches begin.

Comes in: the run file that libsheer is writing at this moment, and a Chip. Goes out: seconds since the program's first step. They are those of
the timeline that `sheer predict` makes of the whole file, since both put the same steps on the same plan; here it is cut wherever the host has waited
for all that came before, so that a question costs what was asked of the device since.
"""

from __future__ import annotations

from collections import deque

from sheer.base.counters import Copy, Event, Launch, Reader, Sync
from sheer.base.errors import RunFileError
from sheer.chips import schema
from sheer.chips.schema import Chip
from sheer.model.program import Pricing
from sheer.model.timeline import Timeline

WORTH_CUTTING = 256  # steps


class ChipClock:
    """Follows a run file."""

    def __init__(self, path: str, chip: Chip) -> None:
        schema.for_pricing(chip, kernels=True)
        try:
            self.file = open(path, "rb")  # noqa: SIM115 - as long as the program runs
        except OSError as error:
            raise RunFileError(f"what the program did, {path}, can't be read: {error.strerror}") from None
        self.reader = Reader(path)
        self.pricing = Pricing(chip)
        self.hz = self.pricing.si.clock_hz
        self._part = b""  # of a line
        self._queue: deque[Event] = deque()  # from the first launch on whose counters are not there yet
        self._base_s = 0.0  # where the plan begins
        self._reached: dict[int, float] = {}  # events before that
        self._begun: dict[int, float] = {}  # launches of the stretch before that, by line
        self._lines: dict[int, int] = {}  # launches: their lines
        self._cut_at = WORTH_CUTTING
        self._told: set[str] = set()

    def events_s(self, numbers: list[int]) -> list[float]:
        """When events were reached that the program has recorded."""
        pricing, line = self._now()
        here = pricing.plan.events_s(line)
        missing = [n for n in numbers if n not in here and n not in self._reached]
        if missing:
            raise RunFileError(f"{self.reader.path}: event {missing[0]} was not recorded")
        found = [self._base_s + here[n] if n in here else self._reached[n] for n in numbers]
        if not self._queue:
            self._cut(line)
        return found

    def launch_s(self, number: int) -> float:
        """When a launch begins, by what is known of the work before it."""
        _, line = self._now()
        at = self._lines.get(number)
        begun = self._begun | {s.step.line: self._base_s + s.start_s for s in line.spans if s.step.line == at}
        if at not in begun:
            raise RunFileError(f"{self.reader.path}: there is no launch {number}")
        return begun[at]

    def news(self) -> list[str]:
        """What the user has to know of the time that was told, once."""
        found = [
            f"{kernel} was not counted ({reason}): on the chip's clock it takes its launch only"
            for kernel, reason in self.pricing.uncounted.items()
        ]
        found += [f"{misfit}; its time is that of one block a multiprocessor" for misfit in self.pricing.misfits]
        fresh = [text for text in found if text not in self._told]
        self._told.update(fresh)
        return fresh

    def _now(self) -> tuple[Pricing, Timeline]:
        """All that the program has asked for up to now. A launch that has not ended counts as its launch only."""
        self._read()
        pricing = self.pricing
        if self._queue:
            pricing = pricing.trial()
            for event in self._queue:
                pricing.add(self._settled(event) or event)
        return pricing, pricing.run()

    def _read(self) -> None:
        lines = (self._part + self.file.read()).split(b"\n")
        self._part = lines.pop()
        for text in lines:
            self.reader.line(text.decode("utf-8", "replace"))
        self._queue.extend(self.reader.events)
        self._lines |= {event.n: event.line for event in self.reader.events if isinstance(event, Launch)}
        self.reader.events.clear()
        while self._queue and (event := self._settled(self._queue[0])):
            self._queue.popleft()
            self.pricing.add(event)
            waits = isinstance(event, Sync) or (isinstance(event, Copy) and event.blocking)
            if waits and len(self.pricing.plan.steps) >= self._cut_at:
                self._cut(self.pricing.run())

    def _settled(self, event: Event) -> Event | None:
        """A launch with its counters, or the reason why it has none; None: it has not ended."""
        if not isinstance(event, Launch) or event.counters or event.reason:
            return event
        known = self.reader.counted.get(event.n if event.like is None else event.like)
        return event._replace(counters=known[0], reason=known[1]) if known else None

    def _cut(self, line: Timeline) -> None:
        """Forgets what has ended, if the host has waited until then: what comes later depends on no more than that moment."""
        plan = self.pricing.plan
        host = plan.host_s(line)
        if host < line.total_s:
            self._cut_at = max(WORTH_CUTTING, 2 * len(plan.steps))
            return
        self._reached |= {event: self._base_s + s for event, s in plan.events_s(line).items()}
        self._begun = {s.step.line: self._base_s + s.start_s for s in line.spans if s.step.kind == "kernel"}
        last = max((step.line for step in plan.steps), default=0)
        self._lines = {n: at for n, at in self._lines.items() if at in self._begun or at > last}
        self._base_s += host
        self.pricing.plan = plan.restart()
        self.pricing.launches.clear()
        self._cut_at = WORTH_CUTTING


def follow(path: str, chip: str) -> ChipClock:
    """The clock of a program that writes the run file at `path`, on a chip by name or file."""
    return ChipClock(path, schema.load(chip))
