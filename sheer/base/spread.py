"""Calls a function for many items at once: in this process where it is soon done, else on processes of this machine or on Ray.

Comes in: a function of a module, what all calls share, the items of each call, and where. Goes out: pairs of an item's number and its result, as they
come. What is shared is sent once to each process (to Ray: once). A SheerError of a call comes out as it would here.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any

from sheer.base.errors import MissingTool

PLACES = ("processes", "ray")
WORTH_S = 2.0  # a process takes about half a second to start; less work than this is done here
CHUNKS = 8  # of items for each process: the last ones to end then end close together
Work = Callable[[Any, Any], Any]  # of what is shared, and an item
_shared: Any = None  # in a process of the pool


def spread(work: Work, shared: Any, items: Sequence[Any], place: str = "processes", jobs: int = 0) -> Iterator[tuple[int, Any]]:
    """Results with the numbers of their items. `jobs`: processes, or calls at once on Ray; 0 for as many as there are processors."""
    if place == "ray":
        yield from _on_ray(work, shared, items, jobs)
        return
    jobs = jobs or len(os.sched_getaffinity(0))
    first, start = 0, time.perf_counter()
    # How long it will take shows at the first items. That an answer is slow to come is no reason to wait for a second.
    while first < len(items):
        spent = time.perf_counter() - start
        if jobs > 1 and first and spent / first * (len(items) - first) > WORTH_S:
            break
        yield first, work(shared, items[first])
        first += 1
    if first < len(items):
        yield from _on_processes(work, shared, _chunks(items, first, jobs), jobs)


def _chunks(items: Sequence[Any], first: int, jobs: int) -> list[tuple[int, Sequence[Any]]]:
    """Items from the first on, in pieces, each with the number of its first."""
    size = max(1, (len(items) - first) // (jobs * CHUNKS))
    return [(i, items[i : i + size]) for i in range(first, len(items), size)]


def _hold(shared: Any) -> None:
    global _shared
    _shared = shared


def _held(work: Work, items: Sequence[Any]) -> list[Any]:
    return [work(_shared, item) for item in items]


def _each(work: Work, shared: Any, items: Sequence[Any]) -> list[Any]:
    return [work(shared, item) for item in items]


def _on_processes(work: Work, shared: Any, chunks: list[tuple[int, Sequence[Any]]], jobs: int) -> Iterator[tuple[int, Any]]:
    context = multiprocessing.get_context("spawn")  # the parent may have threads (a progress bar), which a fork would cut off
    with ProcessPoolExecutor(min(jobs, len(chunks)), context, _hold, (shared,)) as pool:
        pending: dict[Future[list[Any]], int] = {pool.submit(_held, work, part): i for i, part in chunks}
        try:
            while pending:
                for done in wait(pending, return_when=FIRST_COMPLETED).done:
                    yield from enumerate(done.result(), pending.pop(done))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _on_ray(work: Work, shared: Any, items: Sequence[Any], jobs: int) -> Iterator[tuple[int, Any]]:
    """On the cluster of RAY_ADDRESS, or one that is started on this machine."""
    try:
        import ray
    except ImportError:
        raise MissingTool("--on ray needs Ray: pip install 'sheer[ray]'") from None
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, logging_level="ERROR", **({} if os.environ.get("RAY_ADDRESS") else {"include_dashboard": False}))
    try:
        jobs = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
        held, call = ray.put(shared), ray.remote(_each)
        waiting = _chunks(items, 0, jobs)[::-1]
        pending: dict[Any, int] = {}
        while waiting or pending:
            while waiting and len(pending) < jobs:
                i, part = waiting.pop()
                pending[call.remote(work, held, part)] = i
            for done in ray.wait(list(pending), num_returns=1)[0]:
                yield from enumerate(ray.get(done), pending.pop(done))
    finally:
        if started:
            ray.shutdown()
