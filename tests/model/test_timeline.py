"""Streams, copies and events on a timeline."""

from __future__ import annotations

import pytest

from sheer.base.counters import Place
from sheer.model.timeline import Plan, Step, Timeline, run


def step(kind: str, stream: int, busy: float, demand: float = 1.0, watt: float = 0.0, device: int = 0) -> Step:
    return Step(f"{kind}{stream}", kind, device, stream, 0, 0.0, busy, demand if kind == "kernel" else 0.0, watt)


def times(line: Timeline) -> list[tuple[float, float]]:
    return [(round(s.start_s, 9), round(s.end_s, 9)) for s in line.spans]


def test_one_stream_is_a_row() -> None:
    plan = Plan()
    for busy in (1, 2, 3):
        plan.add(step("kernel", 1, busy, 0.1))
    assert times(run(plan, 0, 0)) == [(0, 1), (1, 3), (3, 6)]


def test_copies_and_kernels_of_two_streams_overlap() -> None:
    """h2d, kernel, d2h in each of three streams, as in any pipelined program."""
    plan = Plan()
    for stream in (1, 2, 3):
        for kind in ("h2d", "kernel", "d2h"):
            plan.add(step(kind, stream, 1))
    line = run(plan, 0, 0)
    assert line.total_s == pytest.approx(5)
    assert line.busy_s(("kernel",)) == pytest.approx(3)
    assert line.busy_s(("h2d", "d2h")) == pytest.approx(5)


def test_kernels_that_fit_beside_each_other_run_together() -> None:
    plan = Plan()
    plan.add(step("kernel", 1, 2, 0.4))
    plan.add(step("kernel", 2, 2, 0.6))
    assert run(plan, 0, 0).total_s == pytest.approx(2)
    full = Plan()
    full.add(step("kernel", 1, 2))
    full.add(step("kernel", 2, 1))
    line = run(full, 0, 0)
    assert line.total_s == pytest.approx(3)
    assert times(line)[1] == (0, 2)


def test_the_legacy_stream_waits_for_all_and_all_for_it() -> None:
    plan = Plan()
    plan.add(step("kernel", 1, 2, 0.1))
    plan.add(step("kernel", 0, 1, 0.1))
    plan.add(step("kernel", 2, 1, 0.1))
    assert times(run(plan, 0, 0)) == [(0, 2), (2, 3), (3, 4)]


def test_a_non_blocking_stream_runs_beside_the_legacy_stream() -> None:
    plan = Plan()
    plan.apart(0, 2)
    plan.add(step("kernel", 2, 2, 0.1))
    plan.add(step("kernel", 0, 1, 0.1))
    plan.add(step("kernel", 2, 1, 0.1))
    assert times(run(plan, 0, 0)) == [(0, 2), (0, 1), (2, 3)]


def test_waiting_again_and_again_costs_no_more() -> None:
    """A step is not tied to all that the host ever waited for."""
    plan = Plan()
    for number in range(200):
        plan.add(step("kernel", number % 3 + 1, 1, 0.1))
        plan.record(number, 0, number % 3 + 1)
        plan.sync("event", number, 0)
    assert sum(map(len, plan.after)) < 3 * len(plan.steps)
    assert run(plan, 0, 0).total_s == pytest.approx(200)


def test_events_order_streams() -> None:
    plan = Plan()
    plan.add(step("kernel", 1, 3, 0.1))
    plan.record(7, 0, 1)
    plan.add(step("kernel", 1, 5, 0.1))
    plan.wait(7, 0, 2)
    plan.add(step("kernel", 2, 1, 0.1))
    plan.add(step("kernel", 3, 1, 0.1))
    assert times(run(plan, 0, 0)) == [(0, 3), (3, 8), (3, 4), (0, 1)]


def test_the_host_holds_back_what_comes_after_a_sync() -> None:
    plan = Plan()
    plan.add(step("kernel", 1, 2, 0.1))
    plan.record(1, 0, 1)
    plan.sync("event", 1, 0)
    plan.add(step("kernel", 2, 1, 0.1))
    plan.add(step("h2d", 3, 1), blocking=True)
    plan.add(step("kernel", 4, 1, 0.1))
    plan.sync("device", 0, 0)
    plan.add(step("kernel", 5, 1, 0.1))
    assert times(run(plan, 0, 0)) == [(0, 2), (2, 3), (2, 3), (3, 4), (4, 5)]


def test_devices_have_engines_of_their_own() -> None:
    plan = Plan()
    for device in (0, 1):
        plan.add(step("h2d", 1, 1, device=device))
        plan.add(step("kernel", 1, 1, device=device))
    line = run(plan, 10, 20, 2)
    assert line.total_s == pytest.approx(2)
    assert len(line.power) == 2
    assert line.energy_J == pytest.approx(2 * (10 + 20))


def test_power_is_a_curve_whose_area_is_the_energy() -> None:
    plan = Plan()
    plan.add(step("h2d", 1, 1, watt=1))
    plan.add(step("kernel", 1, 2, 0.5, watt=100))
    plan.add(step("kernel", 2, 1, 0.5, watt=50))
    line = run(plan, 10, 30)
    curve = line.power[0]
    assert curve == ((0.0, 81), (1.0, 130), (3.0, 10))
    area = sum(watt * (b - a) for (a, watt), (b, _) in zip(curve, curve[1:], strict=False))
    assert area == pytest.approx(line.energy_J)


def test_many_steps_are_quick() -> None:
    plan = Plan()
    for n in range(20000):
        plan.add(step("kernel", 1 + n % 4, 1e-6 * (1 + n % 7), 0.3))
    line = run(plan, 1, 2)
    assert all(a.end_s > a.start_s for a in line.spans)


def test_branches_of_a_graph_run_side_by_side() -> None:
    """A diamond between two kernels of its stream, with an empty node on one of its sides; then the same again."""
    plan = Plan()
    plan.add(step("kernel", 1, 1, 0.1))
    for graph in (1, 2):
        for node, after in enumerate([(), (0,), (0,)]):
            plan.add(step("kernel", 1, 2, 0.1), place=Place(graph, node, after))
        plan.node(Place(graph, 3, (2,)), 0, 1)
        plan.add(step("kernel", 1, 1, 0.1), place=Place(graph, 4, (1, 3)))
    plan.add(step("kernel", 1, 1, 0.1))
    assert times(run(plan, 0, 0)) == [(0, 1), (1, 3), (3, 5), (3, 5), (5, 6), (6, 8), (8, 10), (8, 10), (10, 11), (11, 12)]


def test_events_in_graphs() -> None:
    plan = Plan()
    plan.add(step("kernel", 1, 3, 0.1), place=Place(1, 0, ()))
    plan.add(step("kernel", 1, 1, 0.1), place=Place(1, 1, ()))
    plan.record(7, 0, 1, Place(1, 2, (1,)))
    plan.wait(7, 0, 2)
    plan.add(step("kernel", 2, 1, 0.1))
    line = run(plan, 0, 0)
    assert times(line) == [(0, 3), (0, 1), (1, 2)] and plan.events_s(line) == {7: 1}


def test_what_a_kernel_launches_comes_after_it_and_before_what_waits_for_it() -> None:
    """Lines of children come when they run, behind those of what the host had asked for."""
    plan = Plan()
    parent = plan.add(step("kernel", 1, 1, 0.1))
    plan.record(1, 0, 1)
    plan.add(step("kernel", 1, 1, 0.1))
    plan.sync("stream", 1, 0)
    child = plan.add(step("kernel", 1, 2, 0.1), parent=parent)
    plan.add(step("kernel", 1, 3, 0.1), parent=child)
    plan.add(step("kernel", 2, 1, 0.1))
    line = run(plan, 0, 0)
    assert times(line) == [(0, 1), (6, 7), (1, 3), (3, 6), (7, 8)]
    assert plan.events_s(line) == {1: 6} and plan.host_s(line) == 7


def test_bodies_run_in_the_place_of_a_conditional_node() -> None:
    plan = Plan()
    plan.add(step("kernel", 1, 1, 0.1), place=Place(1, 0, ()))
    plan.conditional(step("node", 1, 0), Place(1, 1, (0,)))
    plan.add(step("kernel", 1, 1, 0.1), place=Place(1, 2, (1,)))
    for turn in (2, 3):  # a loop
        plan.add(step("kernel", 1, 2, 0.1), place=Place(turn, 0, (), (1, 1)))
        plan.add(step("kernel", 1, 3, 0.1), place=Place(turn, 1, (), (1, 1)))
    assert times(run(plan, 0, 0)) == [(0, 1), (1, 1), (7, 8), (1, 3), (1, 4), (4, 6), (4, 7)]
