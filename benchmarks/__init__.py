"""Figures: how fast, against what, with which spread. Run by hand (`python -m benchmarks`), never asserted in a test."""
