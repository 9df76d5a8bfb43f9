"""When everything that a program asked for starts and ends on a chip: launches, copies, fills, events and waits of streams.

Comes in: steps in the order in which the program asked for them, each with its stream, what it waits for, and what it needs. Goes out: a
Timeline: start and end of each, and power over time.

A step begins when all that it waits for has ended. Nodes of a graph wait for the nodes that it names; what a kernel's threads launch comes after its
own blocks, one after the other, and whoever waits for the kernel waits for them. Copies queue for the engine of their direction. Kernels share the
chip: those whose demands fit beside each other run side by side, else all are slowed alike, so that no more is done than the chip can. The host is
taken to ask at once for what it does not wait for: a host's own time is no property of the chip.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

from sheer.base.counters import Place

LEGACY = 0  # the stream that waits for all others, and that all others wait for, but those that are non-blocking


class Step(NamedTuple):
    """One thing to do on a device."""

    name: str
    kind: str  # kernel, h2d, d2h, d2d, p2p, fill
    device: int
    stream: int
    line: int  # of the run file
    delay_s: float  # before it needs anything: launch, set-up of a copy
    busy_s: float  # alone
    demand: float  # of the device, for kernels, fills and copies inside it; the others have an engine each
    watt: float  # while it runs alone, beside what the device draws anyway


class Span(NamedTuple):
    """A step, and when it ran."""

    step: Step
    start_s: float  # of its work, behind its delay
    end_s: float


class Timeline(NamedTuple):
    """What happened when; `power` holds for each device (seconds, watts from then on)."""

    spans: tuple[Span, ...]
    total_s: float
    power: tuple[tuple[tuple[float, float], ...], ...]
    energy_J: float

    def busy_s(self, kinds: Iterable[str], device: int | None = None) -> float:
        """Seconds in which at least one span of some kinds ran."""
        kinds = tuple(kinds)
        ends = sorted(
            (s.start_s, s.end_s) for s in self.spans if s.step.kind in kinds and device in (None, s.step.device)
        )
        busy, last = 0.0, 0.0
        for start, end in ends:
            busy += max(0.0, end - max(start, last))
            last = max(last, end)
        return busy


class _Graph:
    """The launch of a graph, node by node."""

    def __init__(self, front: tuple[int, ...], root: int | None = None) -> None:
        self.front = front  # what stood before it in its stream
        self.root = root  # the step of the conditional node whose body it is
        self.ends: dict[int, tuple[int, ...]] = {}  # by node: the steps whose end is its own
        self.open: dict[int, tuple[int, ...]] = {}  # of those that no other node waits for yet

    def before(self, place: Place) -> tuple[int, ...]:
        """The steps that a node waits for."""
        known = [self.ends[node] for node in place.after if node in self.ends]
        return tuple(dict.fromkeys(step for steps in known for step in steps)) if known else self.front

    def add(self, place: Place, steps: tuple[int, ...]) -> None:
        """A node, and what its end is."""
        for node in place.after:
            self.open.pop(node, None)
        self.ends[place.node] = self.open[place.node] = steps

    def last(self) -> tuple[int, ...]:
        """What whoever waits for the whole graph waits for."""
        return tuple(dict.fromkeys(step for steps in self.open.values() for step in steps))


class Plan:
    """Steps and what each waits for, gathered in the program's order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.after: list[tuple[int, ...]] = []
        self._last: dict[tuple[int, int], tuple[int, ...]] = {}  # (device, stream): the steps at its end: one, or those of a graph
        self._waits: dict[tuple[int, int], set[int]] = {}  # what a stream's next step waits for besides
        self._events: dict[int, tuple[int, ...]] = {}
        self._apart: set[tuple[int, int]] = set()  # non-blocking streams
        self._host: dict[int, int] = {}  # what the host waited for, everything later comes after it: the number of the first that does
        self._graphs: dict[int, _Graph] = {}
        # What runs in the place of a step: what a kernel's threads launched, or the bodies of a conditional node.
        self._root: dict[int, int] = {}  # the step in whose place another runs
        self._tail: dict[int, tuple[int, ...]] = {}  # the last that run in a step's place, for which all wait that wait for it
        self._conditional: dict[tuple[int, int], int] = {}  # (graph, node): its step

    def _front(self, device: int, stream: int) -> tuple[int, ...]:
        """The steps that must have ended before a new one in a stream may begin."""
        if stream == LEGACY:
            keys = [key for key in self._last if key[0] == device and key not in self._apart]
        elif (device, stream) in self._apart:
            keys = [(device, stream)]
        else:
            keys = [(device, stream), (device, LEGACY)]
        ends = {step for key in keys for step in self._last.get(key, ())}
        return tuple(ends | self._waits.get((device, stream), set()))

    def _graph(self, place: Place, key: tuple[int, int]) -> _Graph:
        if place.graph not in self._graphs:
            root = self._conditional.get(place.inside) if place.inside else None
            if root is not None:
                self._graphs[place.graph] = _Graph(self._tail.get(root, (root,)), root)
            else:
                self._graphs[place.graph] = _Graph(tuple({*self._front(*key), *self._host}))
                self._waits.pop(key, None)
        return self._graphs[place.graph]

    def add(self, step: Step, blocking: bool = False, place: Place | None = None, parent: int | None = None) -> int:
        """A step in its stream, at its place in a graph, or as what the threads of another step (`parent`) asked for; a blocking one holds up the
        host. Returns its number."""
        key, number = (step.device, step.stream), len(self.steps)
        self.steps.append(step)
        if parent is not None:  # one after the other, when the parent's own blocks are through
            root = self._root.get(parent, parent)
            self.after.append(self._tail.get(root, (root,)))
            self._root[number], self._tail[root] = root, (number,)
            return number
        if place is not None:
            graph = self._graph(place, key)
            self.after.append(graph.before(place))
            if graph.root is not None:
                self._root[number] = graph.root
            self._node(graph, place, key, (number,))
            return number
        self.after.append(tuple({*self._front(*key), *self._host}))
        self._waits.pop(key, None)
        self._last[key] = (number,)
        if blocking:
            self._hold_up({number})
        return number

    def conditional(self, step: Step, place: Place) -> None:
        """A node of a graph in whose place bodies run, as they come."""
        self._conditional[place.graph, place.node] = self.add(step, place=place)

    def node(self, place: Place, device: int, stream: int) -> None:
        """A node of a graph that takes no time."""
        graph = self._graph(place, (device, stream))
        self._node(graph, place, (device, stream), graph.before(place))

    def _node(self, graph: _Graph, place: Place, key: tuple[int, int], steps: tuple[int, ...]) -> None:
        graph.add(place, steps)
        if graph.root is None:
            self._last[key] = graph.last()
        else:
            self._tail[graph.root] = graph.last()

    def waits(self) -> list[tuple[int, ...]]:
        """What each step waits for: where others run in a step's place, for the last of them."""
        return [self._whole(after, self._root.get(n)) for n, after in enumerate(self.after)]

    def _whole(self, steps: Iterable[int], but: int | None = None) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for step in steps:
            if step == but or step not in self._tail:
                found[step] = None
            else:
                found |= dict.fromkeys(self._whole(self._tail[step], step))
        return tuple(found)

    def apart(self, device: int, stream: int) -> None:
        """A stream and the legacy stream do not wait for each other."""
        self._apart.add((device, stream))

    def restart(self) -> Plan:
        """An empty plan for what comes when all of this one is past."""
        plan = Plan()
        plan._apart = self._apart
        return plan

    def record(self, event: int, device: int, stream: int, place: Place | None = None) -> None:
        """An event is reached when all that stands before it in its stream has ended; not before the host asks for it."""
        if place is not None:
            self._events[event] = self._graph(place, (device, stream)).before(place)
            self.node(place, device, stream)
            return
        front = self._front(device, stream)
        last = max(front, default=-1)
        self._events[event] = (*front, *(step for step, first in self._host.items() if first > last))

    def wait(self, event: int, device: int, stream: int, place: Place | None = None) -> None:
        """A stream waits for an event's last record."""
        steps = self._events.get(event, ())
        if place is None:
            self._waits.setdefault((device, stream), set()).update(steps)
            return
        graph = self._graph(place, (device, stream))
        self._node(graph, place, (device, stream), tuple(dict.fromkeys((*graph.before(place), *steps))))

    def sync(self, what: str, number: int, device: int) -> None:
        """The host waits for a stream, an event or a device."""
        if what == "event":
            self._hold_up(set(self._events.get(number, ())))
        elif what == "stream":
            self._hold_up(set(self._front(device, number)))
        else:
            self._hold_up({step for (d, _), steps in self._last.items() if d == device for step in steps})

    def _hold_up(self, steps: set[int]) -> None:
        """The host waits for steps. What it waited for before and the last of them came after need not be kept."""
        last = max(steps, default=-1)
        kept = {step: first for step, first in self._host.items() if first > last}
        new = steps.difference(self._host)
        self._host = kept | dict.fromkeys(new, len(self.steps))

    def events_s(self, line: Timeline) -> dict[int, float]:
        """When each event was reached."""
        return {event: _last_end(line, self._whole(steps)) for event, steps in self._events.items()}

    def host_s(self, line: Timeline) -> float:
        """The end of all that the host has waited for."""
        return _last_end(line, self._whole(self._host))


def _last_end(line: Timeline, steps: Iterable[int]) -> float:
    return max((line.spans[step].end_s for step in steps), default=0.0)


COMPUTE = ("kernel", "d2d", "fill")  # what shares the chip itself


class _Clock:
    """The state of a simulation: what is ready, what runs, and how far it is."""

    def __init__(self, plan: Plan, idle_w: float, active_w: float, devices: int) -> None:
        self.plan, self.idle_w, self.active_w = plan, idle_w, active_w
        count = len(plan.steps)
        waits = plan.waits()
        self.missing = [len(after) for after in waits]
        self.next: list[list[int]] = [[] for _ in range(count)]
        for step, after in enumerate(waits):
            for other in after:
                self.next[other].append(step)
        self.start, self.end = [0.0] * count, [0.0] * count
        self.left: dict[int, float] = {}  # running: seconds of its work that are left, if it were alone
        self.queues: dict[tuple[int, str], list[int]] = {}  # engines: steps that wait for them
        self.engines: dict[tuple[int, str], int] = {}
        self.delayed: list[tuple[float, int]] = []  # (when its delay is over, step)
        self.now = 0.0
        self.curves: list[list[tuple[float, float]]] = [[(0.0, idle_w)] for _ in range(devices)]
        self.energy = 0.0

    def rates(self) -> dict[int, float]:
        """How fast each running step goes: kernels share a device by their demands."""
        demand: dict[int, float] = {}
        for n in self.left:
            step = self.plan.steps[n]
            if step.kind in COMPUTE:
                demand[step.device] = demand.get(step.device, 0.0) + step.demand
        return {
            n: 1 / max(1.0, demand[self.plan.steps[n].device]) if self.plan.steps[n].kind in COMPUTE else 1.0
            for n in self.left
        }

    def begin(self, n: int) -> None:
        """A step whose delay is over: it runs, or queues for its engine."""
        step = self.plan.steps[n]
        key = (step.device, step.kind)
        if step.kind not in COMPUTE:
            if key in self.engines:
                heapq.heappush(self.queues.setdefault(key, []), n)
                return
            self.engines[key] = n
        self.start[n] = self.now
        self.left[n] = step.busy_s

    def finish(self, n: int) -> None:
        """A step is done: its engine takes the next, and what waited for it alone gets its delay."""
        step = self.plan.steps[n]
        self.end[n] = self.now
        key = (step.device, step.kind)
        if self.engines.get(key) == n:
            del self.engines[key]
            if self.queues.get(key):
                self.begin(heapq.heappop(self.queues[key]))
        for other in self.next[n]:
            self.missing[other] -= 1
            if not self.missing[other]:
                self.release(other)

    def release(self, n: int) -> None:
        """All that a step waited for has ended."""
        heapq.heappush(self.delayed, (self.now + self.plan.steps[n].delay_s, n))

    def advance(self) -> None:
        """To the next moment at which something begins or ends."""
        rates = self.rates()
        ends = min((left / rates[n] for n, left in self.left.items()), default=float("inf"))
        begins = self.delayed[0][0] - self.now if self.delayed else float("inf")
        dt = max(0.0, min(ends, begins))
        self._power(rates, dt)
        self.now += dt
        done = []
        for n in self.left:
            self.left[n] -= dt * rates[n]
            if self.left[n] <= 1e-15 + 1e-9 * self.plan.steps[n].busy_s:
                done.append(n)
        for n in done:
            del self.left[n]
        for n in sorted(done):
            self.finish(n)
        while self.delayed and self.delayed[0][0] <= self.now + 1e-15:
            self.begin(heapq.heappop(self.delayed)[1])

    def _power(self, rates: dict[int, float], dt: float) -> None:
        watts = [self.idle_w] * len(self.curves)
        for n in rates:
            if self.plan.steps[n].kind in COMPUTE:
                watts[self.plan.steps[n].device] = self.active_w
        for n, rate in rates.items():
            watts[self.plan.steps[n].device] += self.plan.steps[n].watt * rate
        self.energy += sum(watts) * dt
        for curve, watt in zip(self.curves, watts, strict=True):
            if curve[-1][0] == self.now:
                curve[-1] = (self.now, watt)
            elif curve[-1][1] != watt:
                curve.append((self.now, watt))


def run(plan: Plan, idle_w: float, active_w: float, devices: int = 1) -> Timeline:
    """Start and end of each step; a device draws `idle_w` where it does nothing or only copies, `active_w` and what its
    kernels add where it works."""
    devices = max([devices, *(step.device + 1 for step in plan.steps)])
    clock = _Clock(plan, idle_w, active_w, devices)
    for n, missing in enumerate(clock.missing):
        if not missing:
            clock.release(n)
    while clock.left or clock.delayed:
        clock.advance()
    for curve in clock.curves:
        if curve[-1][0] < clock.now:
            curve.append((clock.now, idle_w))
        else:
            curve[-1] = (clock.now, idle_w)
    spans = tuple(Span(step, clock.start[n], clock.end[n]) for n, step in enumerate(plan.steps))
    return Timeline(spans, clock.now, tuple(tuple(curve) for curve in clock.curves), clock.energy)
