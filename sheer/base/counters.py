"""The run file and what is in it: what each kernel of a program asked of a GPU, independent of the chip.

In goes the path of a run file (SHEER_PROFILE, docs/counting.md): JSON lines that libsheer wrote. Out comes a Run of plain values. A damaged file
raises RunFileError, which names the file, the line and the key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from sheer.base.errors import RunFileError

FORMAT = 1
# Micro-operations by the pipe of a multiprocessor that takes them.
UNITS = (
    "fp32", "fp64", "fp16", "int", "imad", "sfu", "convert", "branch", "load", "store", "atomic", "shared_load", "shared_store",
    "shared_atomic", "local", "constant", "shuffle", "vote", "barrier", "tensor", "other",
)  # fmt: skip
TENSOR_TYPES = ("fp16", "bf16", "tf32", "fp64", "int8")
# Kinds of latency on a warp's chain of dependent instructions.
CHAINS = ("alu", "load", "shared", "atomic", "sfu", "fp64", "convert", "shuffle", "barrier", "tensor")
FLOAT_TYPES = ("fp16", "fp32", "fp64")
# Kinds of memory access: the first go through sectors of the caches, the others through banks of shared memory.
CACHED = ("global_load", "global_store", "local_load", "local_store", "atomic")
BANKED = ("shared_load", "shared_store", "shared_atomic")


class Access(NamedTuple):
    """All accesses of one kind. Sectors have 32 bytes, lines 128."""

    requests: float = 0.0  # warp instructions with at least one active lane
    lanes: float = 0.0  # active lanes of them
    bytes: float = 0.0  # that the lanes asked for
    sectors: float = 0.0  # different ones, request by request; of shared memory: different words, in sectors
    lines: float = 0.0
    wavefronts: float = 0.0  # shared memory: passes over the banks
    same: float = 0.0  # atomics: sum over requests of the most lanes at one address


class BlockReuse(NamedTuple):
    """Reuse of sectors by loads inside one block, summed over the blocks; what an L1 cache would see."""

    cold: float = 0.0  # sectors that a block touches for the first time
    reuse: tuple[float, ...] = ()  # sectors touched again: bucket k: fewer than 2**(k+10) other bytes in between (k least)


class GridReuse(NamedTuple):
    """What blocks share, in bytes of sectors, without reuse inside a block; what an L2 cache would see."""

    cold_read: float = 0.0  # different bytes that a load touches first
    cold_write: float = 0.0  # different bytes that a store or an atomic touches first
    written: float = 0.0  # different bytes that are written at all
    reuse: tuple[float, ...] = ()  # bytes touched again by a later block: bucket k: 2**k to 2**(k+1) - 1 blocks after the last that did
    footprint: float = 0.0  # different bytes of one block, on average


class Region(NamedTuple):
    """A stretch of memory that a grid touched, and how many different bytes of it by what came first, and written."""

    address: int
    extent: int
    cold_read: float
    cold_write: float
    written: float


class Counters(NamedTuple):
    """What one launch asked of a GPU: totals for its whole grid."""

    blocks: float
    counted_blocks: float
    error: float  # relative standard error of the number of issued instructions; 0: all blocks were counted
    warps: float
    threads: float
    issued: dict[str, float]  # unit: warp instructions
    active: dict[str, float]  # unit: thread instructions
    tensor: dict[str, float]  # type: multiply-adds of matrix instructions
    flops: dict[str, float]  # type: floating-point operations of active lanes
    memory: dict[str, Access]
    l1: BlockReuse
    l2: GridReuse
    barriers: float  # that a block passes, on average
    critical: dict[str, float] = {}  # kind: latencies on the longest chain of dependent instructions, summed over the warps
    regions: tuple[Region, ...] = ()  # where the bytes of `l2` lie

    @property
    def instructions(self) -> float:
        """Issued warp instructions of all units."""
        return sum(self.issued.values())

    @property
    def divergence(self) -> float:
        """Part of the lanes of issued instructions that were off."""
        return 1 - sum(self.active.values()) / (32 * self.instructions) if self.instructions else 0.0


class Place(NamedTuple):
    """Where something stands in a graph: the number of the graph's launch, its own number in it, and those that it waits for."""

    graph: int
    node: int
    after: tuple[int, ...]
    inside: tuple[int, int] | None = None  # graph and node: the conditional node whose body the graph is


class Launch(NamedTuple):
    """One kernel launch. `counters` is None where it was not counted: `reason` says why."""

    line: int
    n: int
    device: int
    stream: int
    kernel: str  # readable name
    symbol: str  # as in the module
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    static_shared: int
    dynamic_shared: int
    registers: int
    local_bytes: int
    cooperative: bool
    host_s: float
    like: int | None = None  # the launch whose counters these are
    counters: Counters | None = None
    reason: str = ""
    parent: int | None = None  # the launch whose threads launched it
    place: Place | None = None

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return self.block[0] * self.block[1] * self.block[2]

    @property
    def blocks(self) -> int:
        """Blocks of the grid."""
        return self.grid[0] * self.grid[1] * self.grid[2]


class Copy(NamedTuple):
    """A copy of memory."""

    line: int
    kind: str  # h2d, d2h, d2d, p2p, h2h
    bytes: int
    pinned: bool
    blocking: bool
    device: int
    peer: int
    stream: int
    host_s: float
    parent: int | None = None
    place: Place | None = None


class Fill(NamedTuple):
    """A memset."""

    line: int
    bytes: int
    device: int
    stream: int
    host_s: float
    parent: int | None = None
    place: Place | None = None


class Record(NamedTuple):
    """An event recorded in a stream."""

    line: int
    id: int
    device: int
    stream: int
    host_s: float
    place: Place | None = None


class Wait(NamedTuple):
    """A stream that waits for an event's last record."""

    line: int
    id: int
    device: int
    stream: int
    host_s: float
    place: Place | None = None


class Sync(NamedTuple):
    """The host waits: for a stream, an event or a device."""

    line: int
    what: str
    id: int
    device: int
    host_s: float


class NonBlocking(NamedTuple):
    """A stream is made that does not wait for the legacy stream, nor that one for it."""

    line: int
    id: int
    device: int
    host_s: float


class GraphNode(NamedTuple):
    """A node of a graph that does nothing on the device: others wait for it."""

    line: int
    device: int
    stream: int
    host_s: float
    place: Place | None = None
    conditional: bool = False  # bodies run in its place


Event = Launch | Copy | Fill | Record | Wait | Sync | NonBlocking | GraphNode


DEVICES = 64  # as many as a process may have


class Run(NamedTuple):
    """A program's run."""

    path: str
    program: str
    arguments: tuple[str, ...]
    chip: str
    devices: int
    date: str
    events: tuple[Event, ...]  # in the order in which the program asked for them
    end_s: float | None  # None: the program did not come to its end

    @property
    def launches(self) -> list[Launch]:
        """The launches among the events."""
        return [event for event in self.events if isinstance(event, Launch)]


# -- reading ------------------------------------------------------------------------------------------------------------------------


class Fields:
    """One object of a line, with errors that name the place and the key."""

    def __init__(self, place: str, data: Any, name: str = "") -> None:
        self.place, self.name = place, name
        if not isinstance(data, dict):
            raise RunFileError(f"{place}: {name or 'a line'} must be an object {{...}}, not {_short(data)}")
        self.data: dict[str, Any] = data

    def fail(self, key: str, wanted: str) -> RunFileError:
        """What is wrong with a key."""
        whole = f"{self.name}.{key}" if self.name else key
        if key not in self.data:
            return RunFileError(f"{self.place}: {whole} is missing; it must be {wanted}")
        return RunFileError(f"{self.place}: {whole} is {_short(self.data[key])}, but must be {wanted}")

    def number(self, key: str, default: float | None = None) -> float:
        """A number of at least 0."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
            raise self.fail(key, "a number of at least 0")
        return float(value)

    def whole(self, key: str, default: int | None = None, low: int = 0, high: int | None = None) -> int:
        """A whole number."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
            raise self.fail(key, f"a whole number of at least {low}" + ("" if high is None else f" and at most {high}"))
        return value

    def device(self, default: int | None = None) -> int:
        """The number of a device."""
        return self.whole("device", default, high=DEVICES - 1)

    def text(self, key: str, allowed: tuple[str, ...] = (), default: str | None = None) -> str:
        """A string, perhaps one of some."""
        value = self.data.get(key, default)
        if not isinstance(value, str) or (allowed and value not in allowed):
            raise self.fail(key, f"one of {', '.join(allowed)}" if allowed else "a string")
        return value

    def yes(self, key: str) -> bool:
        """true or false; false if it is not there."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(key, "true or false")
        return value

    def three(self, key: str) -> tuple[int, int, int]:
        """The dimensions of a grid or block."""
        value = self.data.get(key)
        if not isinstance(value, list) or len(value) != 3 or any(type(v) is not int or v < 1 for v in value):
            raise self.fail(key, "three whole numbers of at least 1")
        return value[0], value[1], value[2]

    def numbers(self, key: str, most: int) -> tuple[float, ...]:
        """A list of numbers."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or len(value) > most or not all(type(v) in (int, float) and v >= 0 for v in value):
            raise self.fail(key, f"a list of at most {most} numbers of at least 0")
        return tuple(map(float, value))

    def tuples(self, key: str, size: int) -> list[list[float]]:
        """A list of lists of so many numbers."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(row, list) and len(row) == size and all(type(v) in (int, float) and v >= 0 for v in row) for row in value
        ):
            raise self.fail(key, f"a list of lists of {size} numbers of at least 0")
        return value

    def table(self, key: str, allowed: tuple[str, ...]) -> dict[str, float]:
        """Numbers by name."""
        inner = Fields(self.place, self.data.get(key, {}), f"{self.name}.{key}" if self.name else key)
        inner.only(allowed)
        return {name: inner.number(name) for name in inner.data}

    def inside(self, key: str) -> Fields:
        """An object in the object; empty if it is not there."""
        return Fields(self.place, self.data.get(key, {}), f"{self.name}.{key}" if self.name else key)

    def only(self, allowed: tuple[str, ...]) -> None:
        """Refuses other keys."""
        for key in self.data:
            if key not in allowed:
                raise RunFileError(f"{self.place}: {self.name} has no {key!r}; it may have {', '.join(allowed)}")


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) < 60 else text[:57] + "..."


def _counters(f: Fields) -> Counters:
    memory = f.inside("memory")
    memory.only(CACHED + BANKED)
    l1, l2 = f.inside("l1"), f.inside("l2")
    return Counters(
        blocks=f.number("blocks"),
        counted_blocks=f.number("counted_blocks"),
        error=f.number("error"),
        warps=f.number("warps"),
        threads=f.number("threads"),
        issued=f.table("issued", UNITS),
        active=f.table("active", UNITS),
        tensor=f.table("tensor", TENSOR_TYPES),
        flops=f.table("flops", FLOAT_TYPES),
        memory={kind: Access(**memory.table(kind, Access._fields)) for kind in memory.data},
        l1=BlockReuse(l1.number("cold", 0), l1.numbers("reuse", 64)),
        l2=GridReuse(
            l2.number("cold_read", 0),
            l2.number("cold_write", 0),
            l2.number("written", 0),
            l2.numbers("reuse", 64),
            l2.number("footprint", 0),
        ),
        barriers=f.number("barriers", 0),
        critical=f.table("critical", CHAINS) if f.data.get("critical") else {},
        regions=tuple(Region(int(r[0]), int(r[1]), *r[2:]) for r in f.tuples("regions", 5)),
    )


def _place(f: Fields) -> Place | None:
    if "graph" not in f.data:
        return None
    inside = tuple(int(n) for n in f.numbers("inside", 2))
    after = tuple(int(n) for n in f.numbers("after", 1 << 20))
    return Place(f.whole("graph"), f.whole("node"), after, (inside[0], inside[1]) if len(inside) == 2 else None)


def _parent(f: Fields) -> int | None:
    return f.whole("parent") if "parent" in f.data else None


def _launch(f: Fields, line: int) -> Launch:
    symbol = f.text("symbol", default=f.data.get("kernel"))
    return Launch(
        line,
        f.whole("n"),
        f.device(),
        f.whole("stream"),
        readable(f.text("kernel")),
        symbol,
        f.three("grid"),
        f.three("block"),
        f.whole("static_shared"),
        f.whole("dynamic_shared"),
        f.whole("registers"),
        f.whole("local_bytes"),
        f.yes("cooperative"),
        f.number("host_s"),
        f.whole("like") if "like" in f.data else None,
        _counters(f.inside("counters")) if "counters" in f.data else None,
        f.text("reason", default=""),
        _parent(f),
        _place(f),
    )


_KINDS = ("h2d", "d2h", "d2d", "p2p", "h2h")
_READERS: dict[str, Callable[[Fields, int], Event]] = {
    "launch": _launch,
    "copy": lambda f, line: Copy(
        line, f.text("kind", _KINDS), f.whole("bytes"), f.yes("pinned"), f.yes("blocking"), f.device(),
        f.whole("peer", -1, -1, DEVICES - 1), f.whole("stream"), f.number("host_s"), _parent(f), _place(f),
    ),
    "fill": lambda f, line: Fill(
        line, f.whole("bytes"), f.device(0), f.whole("stream"), f.number("host_s", 0), _parent(f), _place(f)
    ),
    "record": lambda f, line: Record(line, f.whole("id"), f.device(0), f.whole("stream"), f.number("host_s", 0), _place(f)),
    "wait": lambda f, line: Wait(line, f.whole("id"), f.device(0), f.whole("stream"), f.number("host_s", 0), _place(f)),
    "node": lambda f, line: GraphNode(
        line, f.device(0), f.whole("stream"), f.number("host_s", 0), _place(f), f.yes("conditional")
    ),
    "stream": lambda f, line: NonBlocking(line, f.whole("id"), f.device(0), f.number("host_s", 0)),
    "sync": lambda f, line: Sync(
        line, f.text("what", ("stream", "event", "device")), f.whole("id", 0), f.device(0), f.number("host_s", 0)
    ),
}  # fmt: skip


class Reader:
    """Takes the lines of a run file as they come. `events` are launches and the rest, launches without the counters that stand in lines of
    their own: those are in `counted`, by the number of the launch, with a reason instead where there are none."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines = 0
        self.head: Fields | None = None
        self.events: list[Event] = []
        self.counted: dict[int, tuple[Counters | None, str]] = {}
        self.end_s: float | None = None

    def line(self, text: str) -> None:
        """The next line. Raises RunFileError."""
        self.lines += 1
        place = f"{self.path}:{self.lines}"
        try:
            f = Fields(place, json.loads(text))
        except ValueError as error:
            raise RunFileError(f"{place}: this line is no JSON: {error}") from None
        kind = f.text("event")
        if self.head is None:
            self.head = _head(f, kind)
        elif kind in _READERS:
            self.events.append(_READERS[kind](f, self.lines))
        elif kind == "counters":
            counters = _counters(f.inside("counters")) if "counters" in f.data else None
            self.counted[f.whole("n")] = counters, f.text("reason", default="")
        elif kind == "end":
            self.end_s = f.number("host_s")
        else:
            raise RunFileError(f"{place}: there is no event {kind!r}; known are {', '.join(_READERS)}, counters and end")


def read(path: str) -> Run:
    """The run of a run file. Raises RunFileError."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError as error:
        raise RunFileError(f"the run file {path} can't be read: {error.strerror}") from None
    lines.pop()  # nothing, or what a killed program did not write to its end
    if not lines:
        raise RunFileError(f"{path}: this is no run file: SHEER_PROFILE={path} or `sheer run --profile {path}` makes one")
    reader = Reader(path)
    for text in lines:
        reader.line(text)
    head = reader.head
    assert head is not None
    arguments = head.data.get("arguments", [])
    return Run(
        path,
        head.text("program"),
        tuple(map(str, arguments)) if isinstance(arguments, list) else (),
        head.text("chip", default=""),
        head.whole("devices", 1, 1, DEVICES),
        head.text("date", default=""),
        tuple(_with_counters(path, reader.events, reader.counted)),
        reader.end_s,
    )


def _head(f: Fields, kind: str) -> Fields:
    if kind != "run":
        raise RunFileError(f"{f.place}: a run file begins with an event \"run\", not with {kind!r}")
    if f.whole("sheer_run") != FORMAT:
        raise RunFileError(f"{f.place}: the run file has format {f.data['sheer_run']}, this Sheer reads format {FORMAT}: run the program again")
    return f


def _with_counters(path: str, events: list[Event], counted: dict[int, tuple[Counters | None, str]]) -> list[Event]:
    """Launches get the counters that stand in lines of their own, or those of the launch that they are like."""
    found: dict[int, Launch] = {}
    result: list[Event] = []
    for event in events:
        if isinstance(event, Launch):
            if event.like is not None:
                model = found.get(event.like)
                if model is None:
                    raise RunFileError(f"{path}:{event.line}: launch {event.n} is like launch {event.like}, which does not stand before it")
                event = event._replace(counters=model.counters, reason=model.reason)
            elif event.counters is None:
                missing = "the program ended before the launch did"
                counters, reason = counted.get(event.n, (None, event.reason or missing))
                event = event._replace(counters=counters, reason=reason)
            found[event.n] = event
        result.append(event)
    return result


def readable(symbol: str) -> str:
    """The name of a kernel as in the source, without parameters and template arguments; a symbol that is not mangled as it is."""
    if not symbol.startswith("_Z"):
        return symbol
    rest, names = symbol[2:].lstrip("NKL"), []
    while rest[:1].isdigit():
        digits = len(rest) - len(rest.lstrip("0123456789"))
        length = int(rest[:digits])
        names.append(rest[digits : digits + length])
        rest = rest[digits + length :]
        if rest.startswith("I"):  # template arguments end the part that is shown
            break
    names = ["(anonymous)" if name.startswith("_GLOBAL__N") else name for name in names]
    return "::".join(names) or symbol
