"""How a cluster is reached: addresses, credentials, TLS, time-outs, and what travels together."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from yarl import URL

from engine.model.errors import InvalidInput, Problem

Product: TypeAlias = Literal["elasticsearch", "opensearch"]


@dataclass(frozen=True, slots=True)
class ClusterTimeouts:
    """Seconds. ``search_s`` bounds a search sent alone; a batch that takes longer than ``batch_s`` is given up, and its
    searches are sent one by one."""

    connect_s: float = 10.0
    search_s: float = 300.0
    batch_s: float = 5.0


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """Bounds of what is sent and received; costs are the server's own milliseconds (``took``).

    A search expected to take longer than ``fast_ms`` travels alone. A bulk larger than ``bulk_bytes`` is not sent.
    ``breaker_failures`` failures in a row let the cluster rest for ``rest_s`` seconds, doubled each time it fails
    again, up to ``longest_rest_s``.
    """

    batch_searches: int = 100
    batch_bytes: int = 512 * 1024
    batch_cost_ms: float = 1000.0
    fast_ms: float = 100.0
    concurrent_batches: int = 4
    concurrent_singles: int = 8
    concurrent_slow: int = 8
    answer_bytes: int = 100 * 1024 * 1024
    bulk_bytes: int = 50 * 1024 * 1024
    breaker_failures: int = 3
    rest_s: float = 1.0
    longest_rest_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """One cluster: either ``hosts`` (URLs) or ``cloud_id``, and at most one kind of credentials.

    ``api_key`` is the encoded form or ``id:key``. ``ca_file``: PEM certificates trusted instead of the system's.
    ``client_cert`` and ``client_key``: PEM files (or one that holds both) shown to a cluster that asks for them.
    ``product`` None: asked with ``GET /``. Raises InvalidInput for settings that contradict each other.
    """

    hosts: tuple[str, ...] = ()
    name: str = "default"
    cloud_id: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    verify: bool = True
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = field(default=None, repr=False)
    product: Product | None = None
    timeouts: ClusterTimeouts = ClusterTimeouts()
    limits: ClusterLimits = ClusterLimits()

    def __post_init__(self) -> None:
        found = [*_address_problems(self), *_credential_problems(self)]
        if self.ca_file is not None and not self.verify:
            found.append(Problem("ca_file", "has no effect without verification", "leave it out, or set verify: true"))
        if (self.client_cert is None) != (self.client_key is None):
            missing = "client_cert" if self.client_cert is None else "client_key"
            found.append(Problem(missing, "is missing", "give client_cert and client_key together"))
        if found:
            raise InvalidInput(found)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The hosts with their ports written out: the scheme's own where none is given."""
        urls = [URL(host) for host in self.hosts]
        return tuple(f"{url.scheme}://{url.host_subcomponent}:{url.port}{url.raw_path.rstrip('/')}" for url in urls)

    @property
    def is_encrypted(self) -> bool:
        return self.cloud_id is not None or any(URL(host).scheme == "https" for host in self.hosts)


def _address_problems(settings: ClusterSettings) -> list[Problem]:
    if settings.cloud_id is not None and settings.hosts:
        return [Problem("cloud_id", "stands beside hosts", "give one of them")]
    if settings.cloud_id is None and not settings.hosts:
        return [Problem("hosts", "is missing", "give a URL such as https://es.example.org:9200, or a cloud_id")]
    found = [_url_problem(f"hosts.{at}", host) for at, host in enumerate(settings.hosts)]
    if settings.proxy is not None:
        found.append(_url_problem("proxy", settings.proxy, may_have_user=True))
    return [problem for problem in found if problem is not None]


def _url_problem(path: str, text: str, *, may_have_user: bool = False) -> Problem | None:
    """What is wrong with a URL. The text may hold a password: it is not repeated."""
    try:
        url = URL(text)
        is_web = url.scheme in {"http", "https"} and bool(url.host) and url.port is not None
    except ValueError:
        return Problem(path, "is no URL", "write it like https://es.example.org:9200")
    if not is_web or url.query_string or url.fragment:
        return Problem(path, "is no http or https URL without query", "write it like https://es.example.org:9200")
    if not may_have_user and (url.user is not None or url.password is not None):
        return Problem(path, "holds credentials", "give username and password as settings of their own")
    return None


def _credential_problems(settings: ClusterSettings) -> list[Problem]:
    kinds = [
        name
        for name, is_given in (
            ("username", settings.username is not None or settings.password is not None),
            ("api_key", settings.api_key is not None),
            ("bearer_token", settings.bearer_token is not None),
        )
        if is_given
    ]
    found = []
    if len(kinds) > 1:
        found.append(Problem(kinds[1], f"stands beside {kinds[0]}", "give one kind of credentials"))
    if (settings.username is None) != (settings.password is None):
        missing = "username" if settings.username is None else "password"
        found.append(Problem(missing, "is missing", "give username and password together"))
    return found
