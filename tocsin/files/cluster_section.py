"""A cluster in tocsin.yml: its section, and the settings that it becomes."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.operations.values import Duration, NotNull, Strict, refusal
from engine.timing.durations import parse_duration
from tocsin.files.secrets import SecretReader

if TYPE_CHECKING:
    from engine.search.cluster.settings import ClusterSettings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FILES = ("ca_file", "client_cert", "client_key")


def _check_cluster_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        remedy = "use letters, digits, '-' and '_': rules name an index of it NAME:index"
        raise refusal(f"{name[:40]!r} is no name of a cluster", remedy)
    return name


Text: TypeAlias = Annotated[str, Field(min_length=1)]
ClusterName: TypeAlias = Annotated[str, AfterValidator(_check_cluster_name)]


class ClusterSecrets(Strict):
    """Written only as ``${env:NAME}`` or ``${file:PATH}``; whether they are is for the `SecretReader` to say."""

    password: Annotated[Any, NotNull, Field(description="Belongs to the username.")] = None
    api_key: Annotated[Any, NotNull, Field(description="The encoded form, or id:key.")] = None
    bearer_token: Annotated[Any, NotNull, Field(description="A token of the cluster's own service.")] = None


class ClusterSection(Strict):
    """How a cluster is reached: by hosts or a cloud id, with one kind of credentials or none."""

    default: Annotated[bool, Field(description="true: rules need not name it. Default: the first one is.")] = False
    hosts: Annotated[list[Text], Field(description="URLs of its nodes.")] = Field(default_factory=list)
    cloud_id: Annotated[Text | None, NotNull, Field(description="Of Elastic Cloud, instead of hosts.")] = None
    username: Annotated[Text | None, NotNull, Field(description="Together with the secret password.")] = None
    secrets: Annotated[ClusterSecrets, Field(description="password, api_key or bearer_token.")] = ClusterSecrets()
    ca_file: Annotated[Text | None, NotNull, Field(description="Trusted certificates; default: the system's.")] = None
    verify: Annotated[bool, Field(description="false: take any certificate.")] = True
    client_cert: Annotated[Text | None, NotNull, Field(description="Shown to a cluster that asks for one.")] = None
    client_key: Annotated[Text | None, NotNull, Field(description="Belongs to the client_cert.")] = None
    proxy: Annotated[Text | None, NotNull, Field(description="URL of an HTTP proxy.")] = None
    product: Annotated[
        Literal["elasticsearch", "opensearch"] | None, NotNull, Field(description="Default: the cluster is asked.")
    ] = None
    connect_timeout: Annotated[Duration, Field(description="Time limit of making a connection.")] = "10s"
    search_timeout: Annotated[Duration, Field(description="Time limit of one search.")] = "5m"


def cluster_settings(
    name: str, section: ClusterSection, folder: Path, reader: SecretReader
) -> "ClusterSettings | None":
    """The settings; None if they contradict each other, which becomes a problem of the reader."""
    # Loaded with the first cluster: most commands know none.
    from engine.search.cluster.settings import ClusterSettings, ClusterTimeouts

    path = f"clusters.{name}"
    secrets: JsonObject = reader.resolve(section.secrets.model_dump(exclude_none=True), f"{path}.secrets")
    files: JsonObject = {
        member: str(folder / file) for member in _FILES if (file := getattr(section, member)) is not None
    }
    for member, file in files.items():
        if not os.path.isfile(file):  # noqa: PTH113 - the other way raises for a name that is too long
            # Its name is not told: it may be the key itself.
            reader.problems.append(Problem(f"{path}.{member}", "names no file", "name a file in PEM form"))
    try:
        return ClusterSettings(
            hosts=tuple(section.hosts),
            name=name,
            cloud_id=section.cloud_id,
            username=section.username,
            verify=section.verify,
            proxy=section.proxy,
            product=section.product,
            timeouts=ClusterTimeouts(
                connect_s=parse_duration(section.connect_timeout).total_seconds(),
                search_s=parse_duration(section.search_timeout).total_seconds(),
            ),
            **files,
            **secrets,
        )
    except InvalidInput as error:
        for problem in error.problems:
            is_secret = problem.path in ClusterSecrets.model_fields
            reader.problems.append(problem.under(f"{path}.secrets" if is_secret else path))
        return None


def default_cluster_problems(sections: Mapping[str, ClusterSection]) -> list[Problem]:
    """Only one can be the one that rules need not name."""
    first, *others = [name for name, section in sections.items() if section.default] or [""]
    return [
        Problem(f"clusters.{name}.default", f"is true for [{first}], too", "set it for one cluster") for name in others
    ]
