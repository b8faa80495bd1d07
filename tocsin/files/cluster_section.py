"""A cluster in tocsin.yml: its section, and the settings that it becomes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.operations.values import Duration, NotNull, Strict
from engine.timing.durations import parse_duration
from tocsin.files.secrets import SecretReader

if TYPE_CHECKING:
    from engine.search.cluster.settings import ClusterSettings

Text = Annotated[str, Field(min_length=1)]


class ClusterSecrets(Strict):
    """Written only as ``${env:NAME}`` or ``${file:PATH}``; whether they are is for the `SecretReader` to say."""

    password: Annotated[Any, NotNull, Field(description="Belongs to the username.")] = None
    api_key: Annotated[Any, NotNull, Field(description="The encoded form, or id:key.")] = None
    bearer_token: Annotated[Any, NotNull, Field(description="A token of the cluster's own service.")] = None


class ClusterSection(Strict):
    """How a cluster is reached: by hosts or a cloud id, with one kind of credentials or none."""

    hosts: Annotated[list[Text], Field(description="URLs of its nodes.")] = Field(default_factory=list)
    cloud_id: Annotated[Text | None, NotNull, Field(description="Of Elastic Cloud, instead of hosts.")] = None
    username: Annotated[Text | None, NotNull, Field(description="Together with the secret password.")] = None
    secrets: Annotated[ClusterSecrets, Field(description="password, api_key or bearer_token.")] = ClusterSecrets()
    ca_file: Annotated[Text | None, NotNull, Field(description="Trusted certificates; default: the system's.")] = None
    verify: Annotated[bool, Field(description="false: take any certificate.")] = True
    proxy: Annotated[Text | None, NotNull, Field(description="URL of an HTTP proxy.")] = None
    product: Annotated[
        Literal["elasticsearch", "opensearch"] | None, NotNull, Field(description="Default: the cluster is asked.")
    ] = None
    search_timeout: Annotated[Duration, Field(description="Time limit of one search.")] = "5m"


def cluster_settings(
    name: str, section: ClusterSection, folder: Path, reader: SecretReader
) -> "ClusterSettings | None":
    """The settings; None if they contradict each other, which becomes a problem of the reader."""
    # Loaded with the first cluster: most commands know none.
    from engine.search.cluster.settings import ClusterSettings, ClusterTimeouts

    path = f"clusters.{name}"
    secrets: JsonObject = reader.resolve(section.secrets.model_dump(exclude_none=True), f"{path}.secrets")
    try:
        return ClusterSettings(
            hosts=tuple(section.hosts),
            name=name,
            cloud_id=section.cloud_id,
            username=section.username,
            ca_file=None if section.ca_file is None else str(folder / section.ca_file),
            verify=section.verify,
            proxy=section.proxy,
            product=section.product,
            timeouts=ClusterTimeouts(search_s=parse_duration(section.search_timeout).total_seconds()),
            **secrets,
        )
    except InvalidInput as error:
        for problem in error.problems:
            is_secret = problem.path in ClusterSecrets.model_fields
            reader.problems.append(problem.under(f"{path}.secrets" if is_secret else path))
        return None
