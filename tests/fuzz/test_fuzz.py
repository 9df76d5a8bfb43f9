"""Random programs on both engines: every word that they leave behind must be the same. `hunt` looks for more, and makes them smaller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.engines import Native, Way, difference, reference
from tests.fuzz.generator import Generator
from tests.fuzz.statements import MIXING
from tests.fuzz.tiles import TileGenerator

QUICK, MANY = 8, 150
FOUND = (131, 132, 77000, 77126)  # showed a fault once
WAYS = [Way(), Way("avx2"), Way("native", 64)]


@pytest.fixture(scope="module", params=WAYS, ids=str)
def native(request: pytest.FixtureRequest) -> Iterator[Native]:
    engine = Native(request.param)
    yield engine
    engine.stop()


def check(seed: int, native: Native, generator: type[Generator | TileGenerator] = Generator) -> None:
    program = generator(seed).make()
    wrong = difference(program, reference(program), native.run(program))
    assert not wrong, f"seed {seed}, {native.way}: {wrong}"


@pytest.mark.parametrize("seed", [*range(QUICK), *FOUND, *range(MIXING, MIXING + QUICK)])
def test_engines_agree(seed: int, native: Native) -> None:
    check(seed, native)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s + start for start in (0, MIXING) for s in range(QUICK, MANY) if s not in FOUND])
def test_engines_agree_on_many(seed: int, native: Native) -> None:
    check(seed, native)


@pytest.mark.parametrize("seed", range(QUICK // 2))
def test_engines_agree_on_tiles(seed: int, native: Native) -> None:
    check(seed, native, TileGenerator)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(QUICK // 2, MANY))
def test_engines_agree_on_many_tiles(seed: int, native: Native) -> None:
    check(seed, native, TileGenerator)
