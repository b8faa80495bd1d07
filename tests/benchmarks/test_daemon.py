"""The benchmark of the daemon works, whatever its figures are on the machine at hand."""

from benchmarks import daemon


async def test_a_short_run_of_a_few_rules_gives_every_figure() -> None:
    figures = await daemon.measure(rules=10, seconds=0.0)
    assert len(figures) == 12
    assert all(figures.values())
