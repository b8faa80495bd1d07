"""For all tests: settings of the property tests, and the OpenSearch node of those marked ``opensearch``.

Property tests take new examples at every local run, the same ones in CI, so that nobody's push fails for what somebody
else wrote. No deadlines: how long an example takes depends on the machine.
"""

import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

_WHY_NO_NODE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def opensearch(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a real OpenSearch node, one for all tests; each removes the indices that it made.

    Where there is no Java, or Maven cannot have the artifacts, its tests are skipped, which is said at the end.
    """
    from tests.servers.opensearch import node

    try:
        jars = node.class_path()
    except node.NoArtifacts as missing:
        request.config.stash[_WHY_NO_NODE] = str(missing)
        pytest.skip(f"no OpenSearch node: {missing}")
    with node.start(jars) as url:
        yield url


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    """Below everything else that is told, where it cannot be overlooked."""
    yield
    reason = config.stash.get(_WHY_NO_NODE, None)
    if reason is not None:
        text = f"NOTHING WAS TRIED ON A REAL OPENSEARCH NODE: {reason}"
        terminalreporter.write_sep("!", text, red=True, bold=True)
