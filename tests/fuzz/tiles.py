"""Random CUDA C++ kernels in tiles: what threads of a block put into shared memory, and read of others behind a barrier. In: a seed. Out: a Tiles.

Such kernels are cut at their barriers into stages, which programs of `generator` seldom are. Between two barriers a shared array is either the
threads' own (each writes and reads its own elements) or everyone's (all read any element), so that no order of threads matters. clang makes the PTX.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.program import CELLS, INPUTS, RECORD

BLOCKS = [(64, 1), (128, 1), (256, 1), (16, 16), (32, 4), (8, 8), (16, 8), (96, 1), (33, 3), (100, 1), (32, 8)]
TYPES = ["unsigned", "unsigned", "unsigned", "unsigned short", "unsigned char", "unsigned long long", "float"]
DEEPEST = 3
_HELPER = """__device__ __noinline__ unsigned helper(unsigned a, unsigned b, unsigned *own) {
  if (a % 5 < 3) *own += b;
  unsigned sum = a;
  for (unsigned k = 0; k < (b & 7); k++) sum = sum * 3 + k;
  return sum ^ *own;
}
"""


@dataclass
class Shared:
    """An array in shared memory: `each` elements for a thread. `strided`: those of a thread lie a block apart."""

    name: str
    type: str
    each: int
    strided: bool
    own: bool = True

    def place(self, which: str) -> str:
        """The index of one of the thread's elements."""
        return f"({which}) * T + t" if self.strided else f"t * {self.each} + ({which})"


@dataclass
class Tiles:
    """A program, with the face of `program.Program`."""

    seed: int
    block: tuple[int, int, int]
    grid: tuple[int, int, int]
    source: str

    @property
    def total(self) -> int:
        """Threads of the grid."""
        return self.block[0] * self.block[1] * self.grid[0]

    def inputs(self) -> tuple[list[int], list[int], int]:
        """The read-only words, the cells' first values, the number."""
        rng = random.Random(self.seed ^ 0xF00D)
        return [rng.choice([rng.getrandbits(32), rng.randrange(16)]) for _ in range(INPUTS)], [0] * CELLS, rng.randrange(1, 7)

    def text(self) -> str:
        """The PTX that clang makes."""
        return _compiled(self.source, "-O3")


@functools.lru_cache(64)
def _compiled(source: str, level: str) -> str:
    from sheer.cuda.toolchain.nvrtc import compile as compiled

    return compiled(source, "tiles.cu", ["-arch=compute_80", level], {})[0]


class TileGenerator:
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed ^ 0x71135)
        self.seed, self.names, self.lines, self.indent = seed, 0, [], 1
        self.block = rng.choice(BLOCKS)
        self.threads = self.block[0] * self.block[1]
        self.arrays = [
            Shared(f"s{i}", rng.choice(TYPES), rng.choice([1, 1, 2, 4]), rng.random() < 0.5) for i in range(rng.randint(1, 4))
        ]
        self.private = rng.random() < 0.4  # an array of the thread's own, in registers if clang can
        self.tally = rng.choice(["", "adds", "adds"])  # of an array that all add to: may be added to, or read
        self.calls = rng.random() < 0.25
        self.copies = rng.random() < 0.25  # cp.async
        self.words, self.floats = rng.randint(2, 7), rng.randint(1, 4)
        self.loops: list[str] = []
        self.barriers = 0

    def make(self) -> Tiles:
        """The program of the seed."""
        rng = self.rng
        for _ in range(rng.randint(4, 12)):
            self.together(0)
        T, body = self.threads, "\n".join(self.lines)
        shared = "\n".join(f"  __shared__ __align__(16) {a.type} {a.name}[{a.each} * T];" for a in self.arrays)
        if self.tally:
            shared += "\n  __shared__ unsigned tally[32];"
        fill = "\n".join(f"  for (int k = 0; k < {a.each}; k++) {a.name}[{a.place('k')}] = in[(k * 77 + i) % 1024] & 255;" for a in self.arrays)
        fill += "\n  if (t < 32) tally[t] = t;\n  __syncthreads();" if self.tally else ""
        words = "".join(f"  unsigned r{k} = {('in[i % 1024]', 'threadIdx.x', 't', 'in[(t * 7) % 1024] % 16', 'blockIdx.x', 'in[t % 64]', 'n')[k]};\n"
                        for k in range(self.words))
        floats = "".join(f"  float f{k} = float(in[(i + {k}) % 1024] & 1023) * 0.125f;\n" for k in range(self.floats))
        results = "".join(f"  out[i * {RECORD} + {k}] = r{k};\n" for k in range(self.words))
        results += "".join(f"  out[i * {RECORD} + {self.words + k}] = __float_as_uint(f{k});\n" for k in range(self.floats))
        if self.private:
            results += "  unsigned all = 0;\n  for (int k = 0; k < 6; k++) all = all * 31 + p[k];\n"
            results += f"  out[i * {RECORD} + {self.words + self.floats}] = all;\n"
        own = "  unsigned p[6] = {1, 2, 3, in[t % 1024], 5, t};\n" if self.private else ""
        head = "#include <cuda_pipeline.h>\n" if self.copies else ""
        head += _HELPER if self.calls else ""
        source = f"""// seed {self.seed}
{head}extern "C" __global__ void __launch_bounds__({T}) fuzz(const unsigned *__restrict__ in, unsigned *out, unsigned *columns, unsigned *cells, unsigned n) {{
  const int T = {T};
{shared}
  const int t = threadIdx.y * {self.block[0]} + threadIdx.x, i = blockIdx.x * T + t;
{words}{floats}{own}{fill}
{body}
{results}}}
"""
        grid = (rng.choice([1, 1, 2, 3]), 1, 1)
        return Tiles(self.seed, (*self.block, 1), grid, source)

    # -- text -------------------------------------------------------------------------------------------------------------

    def put(self, line: str) -> None:
        """Adds a line."""
        self.lines.append("  " * self.indent + line)

    def name(self, stem: str) -> str:
        """A new name."""
        self.names += 1
        return f"{stem}{self.names}"

    # -- expressions ------------------------------------------------------------------------------------------------------

    def word(self) -> str:
        """A register or a small constant."""
        rng = self.rng
        if self.loops and rng.random() < 0.25:
            return rng.choice(self.loops)
        return rng.choice([*(f"r{k}" for k in range(self.words)), "t", "threadIdx.x", "threadIdx.y", "n", str(rng.choice([0, 1, 2, 3, 7, 31, 64, 255]))])

    def uniform(self) -> str:
        """What all threads of the block have."""
        return self.rng.choice(["n", "blockIdx.x", "3u", "in[5]", "(n + 1)", *(x for x in self.loops if x.startswith("u"))])

    def even(self, depth: int = 0) -> str:
        """An expression of words."""
        rng = self.rng
        a, b = (self.word() if depth > 1 or rng.random() < 0.5 else self.even(depth + 1) for _ in range(2))
        return rng.choice([
            f"({a} + {b})", f"({a} * {b})", f"({a} - {b})", f"({a} ^ {b})", f"({a} & {b})", f"({a} | {b})", f"({a} >> ({b} & 31))", f"({a} << ({b} & 7))",
            f"({a} / ({b} | 1))", f"({a} % ({b} | 1))", f"min(unsigned({a}), unsigned({b}))", f"({a} < {b} ? {a} : {self.word()})", f"__popc({a})",
            f"unsigned(int({a}) >> ({b} & 15))", f"__umulhi({a}, {b})", f"unsigned(f{rng.randrange(self.floats)} * 4.0f)"])

    def number(self) -> str:
        """An expression of floats that stays small and is never NaN."""
        rng = self.rng
        f, g = (f"f{rng.randrange(self.floats)}" for _ in range(2))
        return rng.choice([
            f"{f} * 0.5f + {g} * 0.25f", f"fminf({f}, {g})", f"fabsf({f} - {g})", f"({f} + float({self.even()} & 255)) * 0.5f",
            f"{f} / ({g} * {g} + 1.0f)", f"sqrtf({f} + 1.0f)", f"fmaf({f}, 0.25f, 3.0f)"])

    def index(self, size: str) -> str:
        """Any element, as programs choose them."""
        near = self.rng.choice([
            "t + 1", "t + T - 1", "T - 1 - t", "t ^ 1", "t * 2", f"t + {self.uniform()}", "t / 2", "threadIdx.x", "threadIdx.y * 3", self.uniform(),
            self.even()])
        return f"unsigned({near}) % ({size})"

    def warp(self) -> str:
        """What lanes of a whole warp tell each other."""
        rng = self.rng
        ballot = f"__ballot_sync(~0u, {self.even()} % 3 == 1)"
        return rng.choice([
            f"__shfl_xor_sync(~0u, {self.even()}, {rng.choice([1, 2, 16])})", f"__shfl_down_sync(~0u, {self.even()}, {rng.choice([1, 8])})",
            f"__shfl_sync(~0u, {self.word()}, {self.word()})", f"__shfl_up_sync(~0u, {self.word()}, 1, 8)", ballot, f"__ffs({ballot})", f"__clz({ballot})",
            f"__popc({ballot} & ((1u << (t & 31)) - 1))", f"__any_sync(~0u, {self.word()} == 3)", f"__reduce_add_sync(~0u, {self.word()})",
            f"__match_any_sync(~0u, {self.word()} & 3)", f"__reduce_max_sync(~0u, {self.word()})"])

    def fetched(self) -> str:
        """Something read from memory, as a word."""
        rng, array = self.rng, self.rng.choice(self.arrays)
        if self.tally == "reads" and rng.random() < 0.2:
            return f"tally[{self.index('32')}]"
        if rng.random() < 0.35:
            return rng.choice([f"in[{self.index('1024')}]", f"in[(i + {rng.randrange(9)}) % 1024]", "columns[i]", "in[i % 1024]"])
        place = array.place(self.which(array)) if array.own else self.index(f"{array.each} * T")
        return f"unsigned({array.name}[{place}])" if array.type != "float" else f"__float_as_uint({array.name}[{place}])"

    def which(self, array: Shared) -> str:
        """Which of the thread's own elements."""
        return self.rng.choice(["0", str(self.rng.randrange(array.each)), f"{self.word()} % {array.each}"])

    # -- statements -------------------------------------------------------------------------------------------------------

    def alone(self, depth: int) -> None:
        """A statement for any threads."""
        rng, kind = self.rng, self.rng.random()
        if kind < 0.25:
            self.put(f"r{rng.randrange(self.words)} = {self.even()};")
        elif kind < 0.4:
            self.put(f"r{rng.randrange(self.words)} {rng.choice(['=', '+=', '^=', '+='])} {self.fetched()};")
        elif kind < 0.5:
            self.put(f"f{rng.randrange(self.floats)} = {self.number()};")
        elif kind < 0.65:
            self.store()
        elif kind < 0.72:
            self.put(f"columns[i] {rng.choice(['=', '+='])} {self.even()};")
        elif kind < 0.76:
            self.put(f"{{ unsigned v = columns[i]; columns[i] = {self.even()}; r{rng.randrange(self.words)} = v; }}")
        elif kind < 0.8 and self.private:
            self.put(f"p[{rng.choice([str(rng.randrange(6)), self.word() + ' % 6'])}] += {self.even()};")
        elif kind < 0.81 and self.calls:
            self.put(f"r{rng.randrange(self.words)} = helper({self.even()}, {self.word()}, columns + i);")
        elif kind < 0.84 and self.tally == "adds":
            self.put(f"{rng.choice(['atomicAdd', 'atomicAdd', 'atomicSub'])}(tally + {self.index('32')}, {self.even()});")
        elif kind < 0.85:
            self.put(f"atomicAdd(cells + {self.index(str(CELLS))}, {self.even()});")
        elif kind < 0.89:  # lanes that never come, as at an assertion that holds
            self.put(f"if ({self.even()} == 0x9e3779b9u) {rng.choice(['__trap();', '{ columns[i] = 1; __trap(); }'])}")
        elif depth < DEEPEST:
            head = f"if ({self.even()} % {rng.choice([2, 3, 7])} {rng.choice(['==', '!=', '>'])} {rng.randrange(2)})"
            self.inside(depth, self.alone, head, rng.random() < 0.4)
        else:
            self.put(f"r{rng.randrange(self.words)} += {self.even()};")

    def store(self) -> None:
        """Writes own elements of an array that is the threads' own."""
        rng = self.rng
        own = [a for a in self.arrays if a.own]
        if not own:
            self.put(f"r{rng.randrange(self.words)} ^= {self.fetched()};")
            return
        array = rng.choice(own)
        if self.copies and array.type in ("unsigned", "float") and rng.random() < 0.3:
            size = array.each if not array.strided and array.each in (1, 2, 4) else 1
            source = f"in + {size} * ({self.index(str(1024 // size))})" if array.type == "unsigned" else f"in + {size} * (t % 16)"
            self.put(f"__pipeline_memcpy_async(&{array.name}[{array.place('0')}], {source}, {4 * size});")
            self.put("__pipeline_commit(); __pipeline_wait_prior(0);")
            return
        if array.each == 4 and not array.strided and array.type in ("unsigned", "float") and rng.random() < 0.5:
            vector = "uint4" if array.type == "unsigned" else "float4"
            a, b = (self.even(), self.word()) if array.type == "unsigned" else (self.number(), f"f{rng.randrange(self.floats)}")
            self.put(f"*({vector} *)&{array.name}[t * 4] = make_{vector}({a}, {b}, {rng.choice([a, b])}, {b});")
            return
        value = self.number() if array.type == "float" else self.even()
        self.put(f"{array.name}[{array.place(self.which(array))}] {rng.choice(['=', '=', '+='] if array.type != 'float' else ['='])} {value};")

    def together(self, depth: int) -> None:
        """A statement that all threads of the block reach."""
        rng, kind = self.rng, self.rng.random()
        if kind < 0.35:
            self.alone(depth)
        elif kind < 0.65:
            self.barrier()
        elif kind < 0.72 and self.threads % 32 == 0:
            self.put(f"r{rng.randrange(self.words)} = {self.warp()};")
        elif kind < 0.78:
            before = self.whose()
            self.inside(depth, self.together, f"if ({self.uniform()} % 3 {rng.choice(['!=', '=='])} 1)", False)
            self.restore(before)
        elif kind < 0.92 and depth < 2:
            self.loop(depth)
        else:
            array, x = rng.choice(self.arrays), self.name("v")
            self.loops.append(x)
            self.put(f"for (int {x} = 0; {x} < {rng.choice(['4', '16', 'int(n)', 'int(r0 & 7)'])}; {x}++) {{")
            self.indent += 1
            near = f"{x} * {rng.choice(['1', 'blockDim.x', '3'])} + {rng.choice(['t', '0', 'threadIdx.x', 'threadIdx.y * blockDim.x'])}"
            place = f"unsigned({near}) % ({array.each} * T)"
            read = self.fetched() if array.own else f"{array.name}[{place}]"
            self.put(f"r{rng.randrange(self.words)} += unsigned({read}) * {self.word()};")
            self.indent -= 1
            self.put("}")
            self.loops.remove(x)

    def inside(self, depth: int, statement: Callable[[int], None], head: str, other: bool) -> None:
        """Statements behind a condition, perhaps others where it does not hold."""
        before = self.whose()
        for word in (head, "else") if other else (head,):
            self.put(f"{word} {{")
            self.indent += 1
            for _ in range(self.rng.randint(1, 3)):
                statement(depth + 1)
            if statement == self.together:
                self.restore(before)
            self.indent -= 1
            self.put("}")

    def loop(self, depth: int) -> None:
        """A loop of all threads, with barriers."""
        x, before = self.name("u"), self.whose()
        self.put(f"for (int {x} = 0; {x} < {self.rng.choice(['2', '5', 'int(n)', 'int(n) + 1'])}; {x}++) {{")
        self.loops.append(x)
        self.indent += 1
        for _ in range(self.rng.randint(1, 5)):
            self.together(depth + 1)
        self.restore(before)
        self.indent -= 1
        self.loops.remove(x)
        self.put("}")

    def barrier(self) -> None:
        """A barrier, behind which arrays may be everyone's or the threads' own."""
        if self.barriers > 9:
            return
        self.barriers += 1
        self.put("__syncthreads();")
        for array in self.arrays:
            array.own = self.rng.random() < 0.45
        if self.tally:
            self.tally = self.rng.choice(["adds", "reads"])

    def whose(self) -> dict[str, object]:
        """What may be done with the arrays now."""
        return {"tally": self.tally, **{array.name: array.own for array in self.arrays}}

    def restore(self, before: dict[str, object]) -> None:
        """What might be done with the arrays before, may be done again."""
        if self.whose() != before:
            self.put("__syncthreads();")
            for array in self.arrays:
                array.own = bool(before[array.name])
            self.tally = str(before["tally"])
