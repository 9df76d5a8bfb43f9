"""Sheer: a general-purpose GPU in software. It runs CUDA programs unmodified on a machine that has no GPU."""

__version__ = "0.1.0"
