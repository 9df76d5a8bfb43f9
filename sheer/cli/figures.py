"""The plots of a report: roofline, timeline with power, kernels, units, chips.

Comes in: a Run priced on chips. Goes out: Plotly figures; nothing here knows HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheer.cli.units import time_text

if TYPE_CHECKING:
    from sheer.chips.schema import Chip
    from sheer.model.program import Priced, Program

Found = list[tuple[str, "Chip", "Program"]]

PALETTE = ("#2f6db3", "#d9822b", "#3a9a5b", "#b5475b", "#7a5bb0", "#4fa3a5", "#8a7a3c", "#c26fa8", "#5f6b7a", "#9c5a2e")
KINDS = {"h2d": "#9aa5b1", "d2h": "#6b7785", "p2p": "#b59a5b", "d2d": "#7f9cb5", "fill": "#c9b8d8"}
MOST_SPANS = 4000  # bars of a timeline; more make a page slow
MOST_KERNELS = 24
MOST_NAMED = 8  # kernels in the legend of a timeline; all are named where the pointer is


def _figure(height: int) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(
        height=height, margin={"l": 70, "r": 24, "t": 24, "b": 50}, template="plotly_white", font={"size": 13},
        hoverlabel={"align": "left"}, legend={"orientation": "h", "y": -0.18},
    )  # fmt: skip
    return figure


def colours(program: Program) -> dict[str, str]:
    """A colour for each kernel, the longest first."""
    return {row.main.launch.symbol: PALETTE[i % len(PALETTE)] for i, row in enumerate(program.rows)}


def roofline(chip: Chip, program: Program) -> Any:
    """Operations a second by operations a byte of device memory, under the roofs of the chip."""
    import plotly.graph_objects as go

    figure = _figure(460)
    bandwidth = chip.value("memory_bandwidth_Bps")
    points = [(row, row.main) for row in program.rows if row.operations and row.bytes]
    intensities = [row.operations / row.bytes for row, _ in points] or [1.0]
    left, right = min(*intensities, 0.1) / 3, max(*intensities, 300.0) * 3
    roofs = [(rate, label) for rate, label in (
        ("fp32_flops", "FP32"), ("tf32_flops", "TF32"), ("bf16_flops", "BF16"), ("int8_ops", "INT8"), ("fp64_flops", "FP64")
    ) if chip.get(rate)]  # fmt: skip
    for rate, label in roofs:
        peak = chip.value(rate)
        if rate == "fp32_flops":  # of the vector lanes; a chip may have a matrix rate besides
            peak = min(
                peak, 2.0 * chip.value("fp32_lanes_per_multiprocessor") * chip.value("multiprocessors") * chip.value("clock_hz")
            )
        xs = [left, peak / bandwidth, right]
        figure.add_trace(
            go.Scatter(
                x=xs, y=[left * bandwidth, peak, peak], mode="lines", name=f"{label} {peak / 1e12:.4g} T/s",
                line={"width": 1.5, "dash": "solid" if rate == "fp32_flops" else "dot", "color": "#7b8794"}, hoverinfo="name",
            )
        )  # fmt: skip
    most = max((row.time_s for row, _ in points), default=1.0)
    shade = colours(program)
    for row, best in points:
        figure.add_trace(
            go.Scatter(
                x=[row.operations / row.bytes], y=[row.operations / row.time_s], mode="markers", name=row.kernel, showlegend=False,
                marker={"size": 9 + 22 * (row.time_s / most) ** 0.5, "color": shade[best.launch.symbol], "opacity": 0.85,
                        "line": {"width": 1, "color": "white"}},
                hovertemplate=f"<b>{row.kernel}</b><br>{row.operations / row.time_s / 1e12:.4g} T/s<br>"
                f"{row.operations / row.bytes:.3g} operations a byte<br>{time_text(row.time_s)}, bound by {best.prediction.bound}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(type="log", title="operations a byte of device memory")
    figure.update_yaxes(type="log", title="operations a second")
    return figure


def timeline(program: Program) -> Any:
    """What ran when, a row for each stream and copy engine, and the power below."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    spans = sorted(program.timeline.spans, key=lambda span: span.start_s)
    shown = spans[:MOST_SPANS]
    many = len(program.timeline.power) > 1
    end = max((span.end_s for span in shown), default=0.0)
    scale, unit = (1e3, "ms") if end >= 1e-3 else (1e6, "us")
    rows = sorted({(s.step.device, s.step.stream) for s in shown})
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06)
    shade = {**KINDS}
    shade.update({row.kernel: PALETTE[i % len(PALETTE)] for i, row in enumerate(program.rows)})
    named = {*KINDS, *(row.kernel for row in program.rows[:MOST_NAMED])}
    groups: dict[str, list[Any]] = {}
    for span in shown:
        groups.setdefault(span.step.name if span.step.kind == "kernel" else span.step.kind, []).append(span)
    for name, group in groups.items():
        figure.add_trace(
            go.Bar(
                y=[_row(s.step.device, s.step.stream, many) for s in group], x=[(s.end_s - s.start_s) * scale for s in group],
                base=[s.start_s * scale for s in group], orientation="h", name=name,
                showlegend=name in named, marker={"color": shade.get(name, "#5f6b7a")},
                text=[f"{s.step.name}<br>{time_text(s.end_s - s.start_s)}" for s in group], textposition="none",
                hovertemplate="%{text}<extra></extra>",
            ),
            row=1, col=1,
        )  # fmt: skip
    for device, curve in enumerate(program.timeline.power):
        within = [(t, w) for t, w in curve if t <= end] or [(0.0, 0.0)]
        figure.add_trace(
            go.Scatter(
                x=[t * scale for t, _ in within] + [end * scale], y=[w for _, w in within] + [within[-1][1]],
                mode="lines", line={"shape": "hv", "width": 1.4, "color": PALETTE[(3 + device) % len(PALETTE)]},
                fill="tozeroy", name=f"power of device {device}" if many else "power",
                hovertemplate="%{y:.0f} W<extra></extra>",
            ),
            row=2, col=1,
        )  # fmt: skip
    figure.update_layout(
        height=220 + 46 * len(rows) + 160, barmode="overlay", margin={"l": 110, "r": 24, "t": 24, "b": 50},
        template="plotly_white", font={"size": 13}, legend={"orientation": "h", "y": -0.2},
    )  # fmt: skip
    figure.update_xaxes(title=f"time on the chip, {unit}", row=2, col=1)
    figure.update_yaxes(title="W", rangemode="tozero", row=2, col=1)
    if len(spans) > len(shown):
        figure.add_annotation(
            text=f"the first {len(shown):,} of {len(spans):,} steps", xref="paper", yref="paper", x=1, y=1.06, showarrow=False
        )
    return figure


def _row(device: int, stream: int, many: bool) -> str:
    return f"device {device}, stream {stream}" if many else f"stream {stream}"


def kernels(program: Program) -> Any:
    """Time of each kernel, the longest on top."""
    import plotly.graph_objects as go

    rows = list(reversed(program.rows[:MOST_KERNELS]))
    shade = colours(program)
    figure = _figure(110 + 30 * len(rows))
    figure.add_trace(
        go.Bar(
            y=[_label(row.main) for row in rows], x=[row.time_s * 1e3 for row in rows], orientation="h",
            marker={"color": [shade[row.main.launch.symbol] for row in rows]},
            text=[f"{row.share:.1%}  {row.main.prediction.bound}" for row in rows], textposition="auto",
            hovertemplate="%{y}<br>%{x:.4g} ms<br>%{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="ms, all calls")
    figure.update_layout(margin={"l": 260, "r": 24, "t": 10, "b": 50}, showlegend=False)
    return figure


def units(program: Program) -> Any:
    """How much of the time each unit is needed, kernel by kernel."""
    import plotly.graph_objects as go

    rows = list(reversed(program.rows[:MOST_KERNELS]))
    names = sorted(
        {u for row in rows for u, part in row.main.prediction.utilisation.items() if part > 0.005},
        key=lambda u: -max(row.main.prediction.utilisation.get(u, 0.0) for row in rows),
    )
    values = [[row.main.prediction.utilisation.get(u, 0.0) * 100 for u in names] for row in rows]
    figure = _figure(150 + 30 * len(rows))
    figure.add_trace(
        go.Heatmap(
            z=values, x=names, y=[_label(row.main) for row in rows], zmin=0, zmax=100, colorscale="Blues",
            text=[[f"{v:.0f}" if v >= 1 else "" for v in row] for row in values], texttemplate="%{text}",
            hovertemplate="%{y}<br>%{x}: %{z:.1f} % of the time<extra></extra>", colorbar={"title": "%", "thickness": 12},
        )
    )  # fmt: skip
    figure.update_layout(margin={"l": 260, "r": 24, "t": 10, "b": 110})
    return figure


def _label(best: Priced) -> str:
    launch = best.launch
    name = launch.kernel if len(launch.kernel) < 28 else launch.kernel[:26] + ".."
    return f"{name} {'x'.join(str(n) for n in launch.grid if n > 1) or 1}"


def comparison(found: Found) -> Any:
    """Kernel time, copies and energy of each chip."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    labels = [label for label, _, _ in found]
    figure = make_subplots(rows=1, cols=2, subplot_titles=("time, ms", "energy, J"))
    times = {"kernels": [p.kernel_s * 1e3 for _, _, p in found], "copies": [p.copy_s * 1e3 for _, _, p in found]}
    for name, colour in (("kernels", PALETTE[0]), ("copies", KINDS["h2d"])):
        figure.add_trace(go.Bar(x=labels, y=times[name], name=name, marker={"color": colour}), row=1, col=1)
    figure.add_trace(
        go.Bar(x=labels, y=[p.energy_J for _, _, p in found], name="energy", marker={"color": PALETTE[3]}), row=1, col=2
    )
    figure.update_layout(
        height=340, barmode="group", template="plotly_white", font={"size": 13}, margin={"l": 60, "r": 24, "t": 40, "b": 40}
    )
    return figure
