"""Identities of what is stored."""

from typing import NamedTuple


class RuleKey(NamedTuple):
    """A rule's identity: ids are unique within a space."""

    space: str
    id: str


class ConnectorKey(NamedTuple):
    """The connector that a notification names: its space and the connector's id."""

    space: str
    connector_id: str
