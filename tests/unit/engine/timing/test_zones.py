"""Zones by name."""

from pathlib import Path

import pytest

from engine.timing.zones import process_zone


def test_the_zone_of_the_process_comes_from_the_environment_or_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "localtime"
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert process_zone(place) == "Asia/Tokyo"
    monkeypatch.setenv("TZ", ":America/New_York")
    assert process_zone(place) == "America/New_York"
    monkeypatch.setenv("TZ", "no zone")
    assert process_zone(place) == "UTC"
    monkeypatch.delenv("TZ")
    assert process_zone(place) == "UTC"
    place.symlink_to("/usr/share/zoneinfo/Europe/Vienna")
    assert process_zone(place) == "Europe/Vienna"
