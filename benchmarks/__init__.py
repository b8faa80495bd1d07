"""Reproducible measurements. Figures are ratios within one run wherever a machine's speed would otherwise decide."""
