"""The shape of an instruction row and the notation of its forms.

In: rows written with `op(...)` in the table modules. Out: `bind(opcode)`, which finds the row and the modifiers of an
opcode as it stands in PTX text, or raises `UnknownOpcode` that says what exists.

Notation of a form, one a line: ``name{.flag}{.key:a|b}.key:a|b.<types>  operands``

* ``{.sat}``            optional flag: ``m.sat`` is True or False
* ``{.rnd:rn|rz}``      optional choice: ``m.rnd`` is "rn", "rz" or ""
* ``.mode:lo|hi``       required choice
* ``.<s32|u32>``        required type: the first is ``m.type``, the second ``m.type2``, the third ``m.type3``, the fourth ``m.type4``
* a plain ``.word``     required word, not recorded
* operands: names separated by spaces; ``d`` and ``p`` are destinations, every other name is a source; ``name:type`` gives
  a type other than ``m.type`` (``:type2`` means m.type2, ``:wide`` the type of twice the width); ``(name)`` is optional;
  ``d|p`` a destination pair, ``p`` predicate; ``[a]`` an address.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

from sheer.base.types import SCALARS, ScalarType
from sheer.isa.absent import absent


class UnknownOpcode(Exception):
    """An opcode that is not in the table; the message names what the table has."""


@dataclass(frozen=True)
class Operand:
    """One operand position of a form."""

    name: str
    type: str = ""          # "" = m.type, "type2", "wide", or a scalar type's name
    optional: bool = False
    is_dest: bool = False
    is_address: bool = False
    is_pred: bool = False   # second half of a `d|p` pair


@dataclass(frozen=True)
class Form:
    """One spelling: slots of modifiers, then operands."""

    text: str
    name: str
    slots: tuple[tuple[str, bool, tuple[str, ...]], ...]   # (key, optional, alternatives); key "<>" = type, "" = plain word
    operands: tuple[Operand, ...]


class Within(NamedTuple):
    """How far an approximate result may be from the reference, in units in the last place or absolutely: either is enough."""

    ulp: float = 0.0
    absolute: float = 0.0


@dataclass(frozen=True)
class Row:
    """One instruction (all its forms).

    emit: for value rows `(k, m, *sources) -> value or tuple of values`, in the lane vocabulary (vocabulary.py);
          for rows with raw=True `(k, m, inst) -> None`: the row handles operands itself.
    ref:  for value rows `(m, *sources) -> value or tuple`, one lane in plain Python, written without regard to `emit`. Values
          are ints in the range of their type (packed and untyped ones: unsigned bits), floats for the floating-point
          types, bools for predicates, lists of ints for {a, b}. Rows that use the condition code take `carry` (0 or 1) as a
          keyword and answer (value, carry). What raw rows mean is written in the reference interpreter (oracle/).
    within: for approximate instructions the error allowed against `ref`, which gives the nearest value of the true result.
    work: name of the kind of work (see work.py), by unit, never cycles.
    section: the section of the PTX ISA manual.
    """

    forms: tuple[Form, ...]
    emit: Callable[..., Any] | None
    ref: Callable[..., Any] | None
    work: Any
    section: str
    raw: bool = False
    note: str = ""
    within: Within | None = None


TABLE: dict[str, list[tuple[Form, Row]]] = {}
ROWS: list[Row] = []
_SLOT = re.compile(r"\{\.(?P<opt>[^}]*)\}|\.<(?P<types>[^>]*)>|\.(?P<req>[\w:|]+)")


def op(forms: str, *, emit: Any = None, ref: Any = None, work: Any = "alu", section: str, raw: bool = False,
       note: str = "", within: Within | None = None) -> Row:
    """Adds a row to the table."""
    row = Row(tuple(parse_form(line) for line in forms.strip().splitlines()), emit, ref, work, section, raw, note, within)
    ROWS.append(row)
    for form in row.forms:
        TABLE.setdefault(form.name, []).append((form, row))
    return row


def parse_form(line: str) -> Form:
    """Parses one line of the notation."""
    head, _, tail = line.strip().partition(" ")
    name = re.match(r"\w+", head)
    if name is None:
        raise ValueError(f"a form needs a name: {line!r}")
    slots = []
    position = name.end()
    while position < len(head):
        match = _SLOT.match(head, position)
        if match is None:
            raise ValueError(f"cannot read {head[position:]!r} in the form {line!r}")
        position = match.end()
        slots.append(_slot(match))
    return Form(line.strip(), name.group(), tuple(slots), _operands(tail))


def _slot(match: re.Match[str]) -> tuple[str, bool, tuple[str, ...]]:
    if match["types"] is not None:
        return ("<>", False, tuple(match["types"].split("|")))
    text, optional = (match["opt"], True) if match["opt"] is not None else (match["req"], False)
    # "::" belongs to a word (shared::cta); a single ":" separates the key from its alternatives
    key, colon, alternatives = re.sub("::", "\0", text).partition(":")
    if not colon:
        return (key.replace("\0", "__") if optional else "", optional, (key.replace("\0", "::"),))
    return (key, optional, tuple(a.replace("\0", "::") for a in alternatives.split("|")))


def _operands(tail: str) -> tuple[Operand, ...]:
    found = []
    for word in tail.split():
        optional = word.startswith("(")
        word = word.strip("()")
        address = word.startswith("[")
        word = word.strip("[]")
        first, bar, second = word.partition("|")
        name, _, type_name = first.partition(":")
        found.append(Operand(name, type_name, optional, name in ("d", "p"), address))
        if bar:
            found.append(Operand(second, "pred", optional, True, False, True))
    return tuple(found)


@dataclass
class Binding:
    """What `bind` returns: the row, the form and the modifiers `m`."""

    row: Row
    form: Form
    m: SimpleNamespace = field(default_factory=SimpleNamespace)


_cache: dict[str, Binding] = {}


def bind(opcode: str) -> Binding:
    """Finds the row of an opcode such as ``add.rn.ftz.f32``. Raises UnknownOpcode."""
    known = _cache.get(opcode)
    if known is not None:
        return known
    name, *parts = opcode.split(".")
    for form, row in TABLE.get(name, ()):
        modifiers = _match(form.slots, parts)
        if modifiers is not None:
            _cache[opcode] = binding = Binding(row, form, SimpleNamespace(**modifiers))
            return binding
    ordered = _in_order(name, parts) if name in ANY_ORDER else None
    if ordered is not None:
        _cache[opcode] = binding = bind(ordered)
        return binding
    raise UnknownOpcode(_what_exists(opcode, name))


# Inline assembly in the wild writes the operation before the order and the scope (atom.add.relaxed.gpu.u32), how many matrices before their
# shape, .satfinite and .relu last, .trans early, and the vendor's assembler takes it.
ANY_ORDER = frozenset(("atom", "red", "ld", "st", "ldmatrix", "movmatrix", "mma", "fma"))


def _in_order(name: str, parts: list[str]) -> str | None:
    """The opcode with its modifiers in the order of the first form that has them all; None if none has or they are so."""
    for form, _ in TABLE.get(name, ()):
        free = dict(enumerate(alternatives for _, _, alternatives in form.slots))
        places = []
        for part in parts:
            place = next((at for at, alternatives in free.items() if part in alternatives), None)
            if place is None:
                break
            del free[place]
            places.append(place)
        else:
            ordered = [part for _, part in sorted(zip(places, parts, strict=True))]
            if ordered != parts and _match(form.slots, ordered) is not None:
                return ".".join([name, *ordered])
    return None


def _match(slots: tuple[tuple[str, bool, tuple[str, ...]], ...], parts: list[str]) -> dict[str, Any] | None:
    if not slots:
        return {} if not parts else None
    key, optional, alternatives = slots[0]
    if parts and parts[0] in alternatives:
        rest = _match(slots[1:], parts[1:])
        if rest is not None:
            return _record(rest, key, optional, alternatives, parts[0])
    if not optional:
        return None
    rest = _match(slots[1:], parts)
    if rest is not None and key:
        rest.setdefault(key, False if len(alternatives) == 1 and alternatives[0].replace("::", "__") == key else "")
    return rest


def _record(rest: dict[str, Any], key: str, optional: bool, alternatives: tuple[str, ...], part: str) -> dict[str, Any]:
    if key == "<>":
        shifted: dict[str, Any] = {}
        for number in (4, 3, 2, 1):
            old = "type" if number == 1 else f"type{number}"
            if old in rest:
                shifted[f"type{number + 1}"] = rest.pop(old)
        rest.update(shifted)
        rest["type"] = SCALARS[part]
    elif key:
        flag = optional and len(alternatives) == 1 and alternatives[0].replace("::", "__") == key
        rest[key] = True if flag else part
    return rest


def operand_type(operand: Operand, m: SimpleNamespace) -> ScalarType:
    """The scalar type of an operand of a bound instruction."""
    if not operand.type:
        return m.type
    if operand.type == "wide":
        return SCALARS[f"{m.type.kind}{m.type.bits * 2}"]
    if operand.type.startswith("type"):
        return getattr(m, operand.type)
    return SCALARS[operand.type]


def _what_exists(opcode: str, name: str) -> str:
    row = absent(opcode)
    if row is not None:
        return f"{opcode} is not supported: {row.what}; instead: {row.instead}"
    if name in TABLE:
        forms = "; ".join(form.text for form, _ in TABLE[name])
        return f"{opcode} is not in the instruction table; {name} has: {forms}"
    near = difflib.get_close_matches(name, TABLE, 3)
    hint = f"; near: {', '.join(near)}" if near else ""
    return f"{opcode} is not in the instruction table: no instruction is named {name}{hint}"
