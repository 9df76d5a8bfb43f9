"""Dominators, postdominators, their frontiers and loops. In: successor lists. Out: plain lists of block numbers.

Blocks must be numbered in reverse postorder (cfg.build does). Dominators by Cooper, Harvey and Kennedy's iteration.
"""

from __future__ import annotations


def dominators(preds: list[list[int]]) -> list[int]:
    """Immediate dominator of every block; the entry's is itself."""
    idom = [-1] * len(preds)
    idom[0] = 0
    changed = True
    while changed:
        changed = False
        for block in range(1, len(preds)):
            new = -1
            for pred in preds[block]:
                if idom[pred] >= 0:
                    new = pred if new < 0 else _meet(idom, pred, new)
            if new != idom[block]:
                idom[block] = new
                changed = True
    return idom


def _meet(idom: list[int], a: int, b: int) -> int:
    while a != b:
        while a > b:
            a = idom[a]
        while b > a:
            b = idom[b]
    return a


def postdominators(succs: list[list[int]]) -> list[int]:
    """Immediate postdominator of every block; len(succs) stands for the common exit.

    Blocks that reach no exit (endless loops) are given an edge to it, so that every block has one.
    """
    count = len(succs)
    exits = [not s for s in succs]
    reach = _reaching_exit(succs, exits)
    for block in range(count - 1, -1, -1):
        if not reach[block]:
            exits[block] = True
            reach = _reaching_exit(succs, exits)
    # reverse graph, numbered by a depth-first search from the exit
    back: list[list[int]] = [[] for _ in range(count + 1)]
    for block, targets in enumerate(succs):
        for target in targets:
            back[target].append(block)
        if exits[block]:
            back[count].append(block)
    order = _postorder(back, count)[::-1]
    number = {block: n for n, block in enumerate(order)}
    preds: list[list[int]] = [[] for _ in order]
    for block in order:
        for pred in back[block]:
            if pred in number:
                preds[number[pred]].append(number[block])
    idom = dominators(preds)
    result = [count] * count
    for n, block in enumerate(order):
        if block != count:
            result[block] = order[idom[n]]
    return result


def _reaching_exit(succs: list[list[int]], exits: list[bool]) -> list[bool]:
    reach = list(exits)
    changed = True
    while changed:
        changed = False
        for block in range(len(succs) - 1, -1, -1):
            if not reach[block] and any(reach[s] for s in succs[block]):
                reach[block] = changed = True
    return reach


def _postorder(succs: list[list[int]], root: int) -> list[int]:
    order: list[int] = []
    seen = {root}
    stack = [(root, iter(succs[root]))]
    while stack:
        block, rest = stack[-1]
        for target in rest:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(succs[target])))
                break
        else:
            order.append(block)
            stack.pop()
    return order


def frontiers(preds: list[list[int]], idom: list[int]) -> list[set[int]]:
    """Dominance frontier of every block."""
    found: list[set[int]] = [set() for _ in preds]
    for block, sources in enumerate(preds):
        if len(sources) < 2 and not (block == 0 and sources):
            continue
        for runner in sources:
            while runner != idom[block] or (block == 0 and runner >= 0):
                found[runner].add(block)
                if runner == idom[runner]:
                    break
                runner = idom[runner]
    return found


def components(succs: list[list[int]], members: set[int]) -> list[list[int]]:
    """Strongly connected components of the subgraph `members`, in topological order (Tarjan)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in sorted(members):
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter([s for s in reversed(succs[root]) if s in members]))]
        while work:
            block, rest = work[-1]
            for target in rest:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter([s for s in reversed(succs[target]) if s in members])))
                    break
                if target in on_stack:
                    low[block] = min(low[block], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[block])
                if low[block] == index[block]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == block:
                            break
                    found.append(component)
    return found[::-1]


class Loop:
    """A cycle of blocks: its members, its headers (one if reducible) and the loop around it."""

    def __init__(self, members: set[int], headers: set[int], parent: Loop | None) -> None:
        self.members, self.headers, self.parent = members, headers, parent


def linear_order(
    succs: list[list[int]], preds: list[list[int]]
) -> tuple[list[int], list[Loop | None], list[Loop]]:
    """An order of all blocks in which forward edges go forward and every loop is contiguous.

    Returns the order, the innermost loop of every block, and all loops (outer before inner).
    """
    innermost: list[Loop | None] = [None] * len(succs)
    loops: list[Loop] = []

    def visit(members: set[int], cut: set[int], parent: Loop | None) -> list[int]:
        """Orders `members`; edges into `cut` (headers of the loop being opened) are ignored."""
        order: list[int] = []
        edges = [[t for t in targets if t not in cut] for targets in succs]
        for component in components(edges, members):
            inside = set(component)
            block = component[0]
            if len(component) == 1 and block not in edges[block]:
                order.append(block)
                innermost[block] = parent
                continue
            headers = {b for b in component if b == 0 or any(p not in inside for p in preds[b])} or {
                min(component)
            }
            if parent is not None and len(headers) > 1 and inside == parent.members:
                headers = {min(headers)}
            loop = Loop(inside, headers, parent)
            loops.append(loop)
            order += visit(inside, headers | cut, loop)
        return order

    return visit(set(range(len(succs))), set(), None), innermost, loops
