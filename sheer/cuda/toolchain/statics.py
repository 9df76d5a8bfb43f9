"""One name for each static device variable. In goes the PTX of relocatable device code as clang writes it, out comes text in which uses
have the name of the definition.

A variable of internal linkage that host code names (`cudaMemcpyToSymbol(c, ...)`) becomes visible, under a name that no other file has:
`_ZL1c__static__<unit>`; the host registers it so. Which variables host code names is known at the end of the file only, and what clang
(22) emitted before refers to a plain `_ZL1c`, which it declares as external, and which nobody defines.
"""

from __future__ import annotations

import re

UNIQUE = re.compile(rb"^\.(?:visible|weak)\s+\.(?:global|const)\s[^;={\[]*?([\w$]+?)(__static__[0-9a-f]+)(?=[\s;=\[])", re.M)
EXTERNAL = re.compile(rb"^\.extern\s+\.(?:global|const)\s[^;={\[]*?([\w$]+)(?=[;\[])", re.M)


def settled(ptx: bytes) -> bytes:
    """`ptx` with each plain name of a variable that has a unique one replaced by that."""
    endings = {name: ending for name, ending in UNIQUE.findall(ptx)}
    plain = [name for name in EXTERNAL.findall(ptx) if name in endings]
    if not plain:
        return ptx
    names = re.compile(rb"(?<![\w$.%])(" + b"|".join(map(re.escape, plain)) + rb")(?![\w$])")
    return names.sub(lambda found: found[1] + endings[found[1]], ptx)
