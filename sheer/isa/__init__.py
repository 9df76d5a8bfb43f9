"""The instruction table: importing this package fills it. Each module holds the rows of one group of the PTX manual."""

from sheer.isa import (
    atomic,
    compare,
    control,
    convert,
    floating,
    integer,
    logic,
    memory,
    scalar_video,
    sync,
    tensor,
    texture,
    video,
    warp,
)
from sheer.isa.row import ROWS, TABLE, Binding, Form, Operand, Row, UnknownOpcode, bind, operand_type

__all__ = ["ROWS", "TABLE", "Binding", "Form", "Operand", "Row", "UnknownOpcode", "atomic", "bind", "compare", "control",
           "convert", "floating", "integer", "logic", "memory", "operand_type", "scalar_video", "sync",
           "tensor", "texture", "video", "warp"]
