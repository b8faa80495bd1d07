"""Which backend an index expression means: files with the indices web-1, web-2 and .own, clusters main and logs."""

from collections.abc import Callable

import pytest

from engine.model.errors import SearchError
from engine.search.routes import Route, Routes

FILES = ("web-1", "web-2", ".own")


@pytest.fixture
def routes() -> Routes:
    return Routes(FILES, ("main", "logs"), "main")


@pytest.mark.parametrize(
    ("index", "cluster", "as_known_there", "prefix"),
    [
        # An index of the files, by its name or by a wildcard.
        ("web-1", None, "web-1", None),
        ("web-*", None, "web-*", None),
        ("web-*,-web-2", None, "web-*,-web-2", None),
        ("web-1, web-2", None, "web-1, web-2", None),
        (".own", None, ".own", None),
        (".o*", None, ".o*", None),
        ("<web-{now/d{d|+01:00}}>", None, "<web-{now/d{d|+01:00}}>", None),
        # Anything else: the default cluster.
        ("web", "main", "web", None),
        ("*own", "main", "*own", None),
        ("metrics-*,-web-1", "main", "metrics-*,-web-1", None),
        ("<metrics-{now/d}>", "main", "<metrics-{now/d}>", None),
        # A cluster by its name.
        ("logs:web-1", "logs", "web-1", "logs"),
        ("main:web-1", "main", "web-1", "main"),
        ("logs:*", "logs", "*", "logs"),
        ("logs:a*,logs:b", "logs", "a*,b", "logs"),
        ("logs:a*,-logs:ab", "logs", "a*,-ab", "logs"),
        ("logs:a*,logs:-ab", "logs", "a*,-ab", "logs"),
        ("logs:a*,-ab", "logs", "a*,-ab", "logs"),
        ("logs:<a-{now/d}>", "logs", "<a-{now/d}>", "logs"),
        # By its name and without: the same cluster, called as it calls itself.
        ("main:a,b", "main", "a,b", None),
        ("a*,-main:ab", "main", "a*,-ab", None),
        # Names that the default cluster may know.
        ("remote:web-1", "main", "remote:web-1", None),
        ("r*:a,-remote:a", "main", "r*:a,-remote:a", None),
        ("ma*:a", "main", "ma*:a", None),
        # What is no name of an index at all: the cluster's to judge.
        ("logs:", "main", "logs:", None),
        (":a", "main", ":a", None),
        ("-", "main", "-", None),
        ("a\nb", "main", "a\nb", None),
        # Only exclusions: the cluster's to judge.
        ("-a", "main", "-a", None),
        ("-logs:a", "logs", "-a", "logs"),
    ],
)
def test_where_an_expression_goes(
    routes: Routes, index: str, cluster: str | None, as_known_there: str, prefix: str | None
) -> None:
    route = routes.of((index,))
    assert (route.cluster, ",".join(route.index), route.prefix) == (cluster, as_known_there, prefix)
    # A list of expressions means what their text with commas means.
    apart = routes.of(tuple(index.split(",")))
    assert (apart.cluster, ",".join(apart.index), apart.prefix) == (cluster, as_known_there, prefix)


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (
            ("web-1", "metrics"),
            r"\[web-1\] is one of the files, \[metrics\] one of cluster \[main\]: .*a rule for each",
        ),
        (("logs:a", "main:a"), r"\[logs:a\] is one of cluster \[logs\], \[main:a\] one of cluster \[main\]"),
        (("web-*", "logs:web-*"), r"\[web-\*\] is one of the files, \[logs:web-\*\] one of cluster \[logs\]"),
        (("a*", "-logs:ab"), r"\[a\*\] is one of cluster \[main\], \[-logs:ab\] one of cluster \[logs\]"),
        (("a", "remote:b", "web-2"), r"\[a\] is one of cluster \[main\], \[web-2\] one of the files"),
        (("*",), r"\[\*\] would match both the files and cluster \[main\]: write main:\*, or name .*web-1, web-2"),
        (("**",), "would match both"),
        (("_all",), "write main:_all"),
        ((), r"\[\*\] would match both"),
        (("*", "-web-1"), "would match both"),
        (("*:a",), r"\[\*:a\] would match several clusters, such as \[logs\]: name one"),
        (("lo*:a",), r"such as \[logs\]"),
    ],
)
def test_expressions_that_mean_several_backends_are_refused(
    routes: Routes, index: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(SearchError, match=reason) as caught:
        routes.of(index)
    assert (caught.value.status, caught.value.error_type) == (400, "illegal_argument_exception")
    assert caught.value.body["error"]["reason"] == caught.value.reason


@pytest.mark.parametrize(
    ("routes_of", "index", "route"),
    [
        (lambda: Routes((), ("main", "logs"), "main"), ("*",), Route("main", ("*",))),
        (lambda: Routes((), ("main", "logs"), "main"), (), Route("main", ())),
        (lambda: Routes((), ("main", "logs"), "main"), ("logs:_all",), Route("logs", ("_all",), "logs")),
        (lambda: Routes(FILES, (), None), ("*",), Route(None, ("*",))),
        (lambda: Routes(FILES, (), None), ("metrics",), Route(None, ("metrics",))),
        (lambda: Routes(FILES, (), None), ("remote:a",), Route(None, ("remote:a",))),
    ],
)
def test_with_one_kind_of_backend_everything_means_that(
    routes_of: Callable[[], Routes], index: tuple[str, ...], route: Route
) -> None:
    assert routes_of().of(index) == route


def test_a_route_is_worked_out_once(routes: Routes) -> None:
    assert routes.of(("logs:a", "logs:b")) is routes.of(("logs:a", "logs:b"))
