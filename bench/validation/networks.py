"""BERT-large and ResNet-50 as lists of operators, against published MLPerf results: a check that nothing was fitted on.

Comes in: a chip. Goes out: samples a second when every operator runs alone, one after the other, element-wise work fused
into its neighbour as serving libraries do.
"""

from __future__ import annotations

from collections.abc import Iterator

from sheer.chips import schema
from sheer.model.attention import Attention
from sheer.model.gemm import Gemm
from sheer.model.operators import Convolution, Operator, price_operator
from sheer.model.rowwise import Rows
from sheer.model.silicon import silicon

# Samples a second and accelerator, offline, closed division of MLPerf Inference v2.1 (mlcommons/inference_results_v2.1).
MEASURED = {
    ("bert", "a100", "fp16"): 1745.9,
    ("bert", "a100_pcie_80gb", "fp16"): 1602.8,
    ("bert", "br104", "bf16"): 2766.7,
    ("resnet50", "a100", "int8"): 41893.0,
    ("resnet50", "a100_pcie_80gb", "int8"): 39542.8,
    ("resnet50", "br104", "int8"): 53082.5,
}
TOKENS = 178  # of an average SQuAD v1.1 sample at 384 at most; assumed: padding is removed or packed


def bert(dtype: str, rows: int = 16, length: int = 512) -> Iterator[Operator]:
    """A batch of packed rows through the 24 layers of BERT-large."""
    tokens = rows * length
    for _ in range(24):
        yield Gemm(1, tokens, 3 * 1024, 1024, dtype, True)
        yield Attention(rows, 16, length, length, 64, dtype)
        yield Gemm(1, tokens, 1024, 1024, dtype, True)
        yield Rows("layernorm", tokens, 1024, dtype)
        yield Gemm(1, tokens, 4096, 1024, dtype, True)
        yield Gemm(1, tokens, 1024, 4096, dtype, True)
        yield Rows("layernorm", tokens, 1024, dtype)


def resnet50(dtype: str, n: int = 256) -> Iterator[Operator]:
    """A batch of images through ResNet-50 v1.5; results of convolutions leave in the type of the next one's input."""

    def conv(*shape: int) -> Gemm:
        return Convolution(n, *shape, dtype=dtype).gemm()._replace(out_bytes=1)  # type: ignore[misc]

    yield conv(3, 224, 224, 64, 7, 7, 2, 3)
    channels, size = 64, 56
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 else 1
            yield conv(channels, size, size, width, 1, 1, 1, 0)
            yield conv(width, size, size, width, 3, 3, stride, 1)
            yield conv(width, size // stride, size // stride, 4 * width, 1, 1, 1, 0)
            if block == 0:
                yield conv(channels, size, size, 4 * width, 1, 1, stride, 0)
            channels, size = 4 * width, size // stride
    yield Gemm(1, n, 1000, 2048, dtype, True)


def samples_per_s(network: str, chip: str, dtype: str) -> float:
    si = silicon(schema.load(chip))
    operators, samples = (bert(dtype), 16 * 512 / TOKENS) if network == "bert" else (resnet50(dtype), 256)
    return samples / sum(price_operator(si, op).time_s for op in operators)


def table() -> list[str]:
    lines = [
        "| network | chip | type | MLPerf v2.1, offline | predicted | off by |",
        "|---|---|---|---|---|---|",
    ]
    for (network, chip, dtype), measured in MEASURED.items():
        found = samples_per_s(network, chip, dtype)
        lines.append(
            f"| {network} | {chip} | {dtype} | {measured:,.0f} | {found:,.0f} | {found / measured - 1:+.0%} |"
        )
    return lines
