"""Which clusters a command may search, which of them is the default one, and where their problems are placed."""

import pytest

from engine.model.errors import InvalidInput
from engine.search.cluster.settings import ClusterSettings
from tocsin.clusters import clusters_of
from tocsin.files.config import Config

CONFIG = Config(
    clusters=(
        ClusterSettings(("https://main.example",), name="main", api_key="x"),
        ClusterSettings(("https://logs-1.example", "https://logs-2.example:9200/"), name="logs"),
    )
)


@pytest.mark.parametrize(
    ("es", "names"),
    [
        (None, ["main", "logs"]),
        ("https://main.example/", ["main", "logs"]),
        ("https://logs-2.example:9200", ["logs", "main"]),
        ("https://other.example", ["default", "main", "logs"]),
    ],
)
def test_the_default_cluster_comes_first(es: str | None, names: list[str]) -> None:
    clusters = clusters_of(CONFIG, es, environ={})
    assert list(clusters) == names
    assert all(clusters[known.name].settings == known for known in CONFIG.clusters)


def test_a_url_goes_before_a_cluster_that_is_called_default() -> None:
    config = Config(clusters=(ClusterSettings(("https://x.example",), name="default"), *CONFIG.clusters))
    clusters = clusters_of(config, "https://other.example", environ={})
    assert list(clusters) == ["default", "main", "logs"]
    assert clusters["default"].settings.hosts == ("https://other.example",)


def test_credentials_of_a_url_are_those_of_the_environment() -> None:
    given = {"username": "ann", "password": "p", "ca_file": "ca.pem", "client_cert": "c.pem", "client_key": "k.pem"}
    variables = {f"TOCSIN_ES_{name.upper()}": text for name, text in given.items()} | {"TOCSIN_ES_API_KEY": ""}
    found = clusters_of(CONFIG, "https://other.example", environ=variables)["default"].settings
    assert found == ClusterSettings(("https://other.example",), **given)
    assert clusters_of(CONFIG, "https://main.example", environ=variables)["main"].settings.username is None


@pytest.mark.parametrize(
    ("es", "variables", "place"),
    [
        ("nonsense", {}, "--es"),
        ("https://x.example", {"TOCSIN_ES_PASSWORD": "p"}, "TOCSIN_ES_USERNAME"),
        ("https://x.example", {"TOCSIN_ES_API_KEY": "p", "TOCSIN_ES_BEARER_TOKEN": "p"}, "TOCSIN_ES_BEARER_TOKEN"),
    ],
)
def test_problems_of_a_url_name_the_option_or_variable(es: str, variables: dict[str, str], place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clusters_of(CONFIG, es, environ=variables)
    assert [problem.path for problem in caught.value.problems] == [place]


@pytest.mark.parametrize(
    ("name", "es", "place"),
    [("main", None, "clusters.main.ca_file"), ("default", "https://x.example", "TOCSIN_ES_CA_FILE")],
)
def test_a_certificate_file_that_cannot_be_used_is_told_where_it_is_named(
    name: str, es: str | None, place: str
) -> None:
    config = Config(clusters=(ClusterSettings(("https://main.example",), name="main", ca_file="none.pem"),))
    with pytest.raises(InvalidInput) as caught:
        clusters_of(config, es, environ={"TOCSIN_ES_CA_FILE": "none.pem"})[name].open()
    assert [problem.path for problem in caught.value.problems] == [place]
