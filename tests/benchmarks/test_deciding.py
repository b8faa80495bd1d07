"""The benchmark of decisions works, whatever its figures are on the machine at hand."""

from benchmarks import deciding


async def test_a_few_alerts_give_every_figure() -> None:
    figures = await deciding.measure(alerts=20, rounds=1)
    assert len(figures) == 4
    assert all(figures.values())
