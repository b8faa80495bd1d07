"""The section of the HTTP API in tocsin.yml."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.api.address import Address, Certificate
from engine.api.settings import ApiSettings
from tocsin.files.api_section import ApiOptions
from tocsin.files.config import load_config


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Any]:
    def write_and_load(text: str) -> Any:
        file = tmp_path / "tocsin.yml"
        file.write_text(text, encoding="utf-8")
        return load_config(file, environ={})

    return write_and_load


def test_without_it_nothing_is_listened_on(load: Callable[[str], Any]) -> None:
    assert load("{}").config.api == ApiOptions() == ApiOptions(None, None, ApiSettings())


def test_its_members_become_options(load: Callable[[str], Any], tmp_path: Path) -> None:
    loaded = load("""\
api:
  listen: "[::1]:9095"
  tls: {certificate: tls/api.pem, key: /etc/api-key.pem}
  max_body_size: 2mb
  rate_limit: 50
  kibana_version: 8.17.0
  needs_xsrf_header: false
  xsrf_allowlist: [/api/status]
  restrict_internal_routes: true
  maintenance_windows: false
  clear_throttle_on_null: true
""")
    assert loaded.problems == []
    assert loaded.config.api == ApiOptions(
        address=Address("::1", 9095),
        certificate=Certificate(tmp_path / "tls/api.pem", Path("/etc/api-key.pem")),
        settings=ApiSettings(
            version="8.17.0",
            max_body_bytes=2 * 1024**2,
            rate_limit=50,
            is_xsrf_checked=False,
            xsrf_allowlist=frozenset({"/api/status"}),
            restricts_internal=True,
            offers_windows=False,
        ),
    )
    assert loaded.config.engine.clear_throttle_on_null is True


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        ("{listen: 9095}", "api.listen", "must be a string"),
        ("{listen: ':9095'}", "api.listen", "':9095' is no address to listen on"),
        ("{tls: {certificate: a.pem}}", "api.tls.key", "is required"),
        ("{max_body_size: 1}", "api.max_body_size", "must be a string"),
        ("{rate_limit: 0}", "api.rate_limit", "0 is out of range"),
        ("{kibana_version: '9.1'}", "api.kibana_version", "'9.1' is no version"),
        ("{xsrf_allowlist: [status]}", "api.xsrf_allowlist.0", "'status' is no path"),
        ("{port: 1}", "api.port", "is not a known member"),
    ],
)
def test_a_wrong_member_is_told(load: Callable[[str], Any], section: str, path: str, message: str) -> None:
    (problem,) = load(f"api: {section}").problems
    assert problem.path == path
    assert problem.message.startswith(message)
    assert problem.remedy
