"""Numbers with units that suit them, and numbers that stand on a command line."""

from __future__ import annotations


def time_text(seconds: float) -> str:
    """A time with a unit that suits it."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= scale:
            return f"{seconds / scale:.4g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def energy_text(joule: float) -> str:
    """An energy with a unit that suits it."""
    return f"{joule:.3g} J" if joule >= 1 else f"{joule * 1e3:.3g} mJ"


def bytes_text(amount: float) -> str:
    """Bytes with a unit that suits them."""
    for scale, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if amount >= scale:
            return f"{amount / scale:.4g} {unit}"
    return f"{amount:.4g} bytes"


def number(text: str) -> float:
    """A number of a command line."""
    from sheer.base.errors import UsageError

    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a number") from None


def setting(text: str) -> tuple[str, float]:
    """NAME=VALUE of --set."""
    from sheer.base.errors import UsageError
    from sheer.chips.vocabulary import meant

    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: write NAME=VALUE, for instance tdp_w=250")
    full, scale = meant(name.strip())
    return full, number(value) * scale


def steps(text: str) -> list[tuple[str, dict[str, float]]]:
    """The values of a --sweep NAME=FROM:TO[:STEPS], each with a label; a single empty step without one."""
    from sheer.base.errors import UsageError
    from sheer.chips.vocabulary import meant

    if not text:
        return [("", {})]
    name, _, ends = text.partition("=")
    name = name.strip()
    full, scale = meant(name)
    parts = ends.split(":")
    if not 2 <= len(parts) <= 3:
        raise UsageError(f"--sweep {text}: write NAME=FROM:TO or NAME=FROM:TO:STEPS")
    first, last = number(parts[0]), number(parts[1])
    count = int(number(parts[2])) if len(parts) == 3 else 6
    if count < 2:
        raise UsageError(f"--sweep {text}: at least 2 steps")
    by_factor = first > 0 and last / first >= 8
    values = [
        first * (last / first) ** (i / (count - 1)) if by_factor else first + (last - first) * i / (count - 1)
        for i in range(count)
    ]
    return [(f"{name}={value:.4g}", {full: value * scale}) for value in values]
