"""Makes a failing program smaller. In: a Program and a test that says whether it still fails. Out: the same Program with statements gone."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from tests.fuzz.program import Node, Program

Fails = Callable[[Program], bool]


def smaller(program: Program, fails: Fails) -> Program:
    """Takes statements away, and opens those with bodies, as long as the program still fails."""
    while _thinned(program, fails) or _opened(program, fails) or _shrunk(program, fails):
        pass
    return program


def _bodies(program: Program) -> list[list[Node]]:
    found: list[list[Node]] = []
    work = [program.body, *program.functions]
    while work:
        body = work.pop(0)
        found.append(body)
        for node in body:
            work += node.bodies()
    return found


def _thinned(program: Program, fails: Fails) -> bool:
    changed = False
    for body in _bodies(program):
        size = max(len(body) // 2, 1)
        while size:
            position = 0
            while position < len(body):
                taken = body[position : position + size]
                del body[position : position + size]
                if fails(program):
                    changed = True
                else:
                    body[position:position] = taken
                    position += size
            size //= 2
    return changed


def _opened(program: Program, fails: Fails) -> bool:
    """Puts the insides of a statement in its place; whoever used the masks made there uses those around it."""
    for body in _bodies(program):
        for position, node in enumerate(body):
            if not node.bodies():
                continue
            inside = [deepcopy(inner) for part in node.bodies() for inner in part]
            for inner in inside:
                inner.rename(node.masks)
            body[position : position + 1] = inside
            if fails(program):
                return True
            body[position : position + len(inside)] = [node]
    return False


def _shrunk(program: Program, fails: Fails) -> bool:
    """One block; simpler texts: statements that hold several instructions lose some."""
    if program.grid != (1, 1, 1):
        before, program.grid = program.grid, (1, 1, 1)
        if fails(program):
            return True
        program.grid = before
    for body in _bodies(program):
        for node in body:
            if len(node.parts) == 1 and isinstance(node.parts[0], str) and "\n" in node.parts[0]:
                lines = node.parts[0].split("\n")
                for gone in range(len(lines)):
                    node.parts[0] = "\n".join(lines[:gone] + lines[gone + 1 :])
                    if fails(program):
                        return True
                node.parts[0] = "\n".join(lines)
    return False
