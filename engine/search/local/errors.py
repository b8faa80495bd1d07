"""Error answers as a cluster would give them (embedded-search.md 14). Wording is ours, types and statuses are not."""

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject


class BadValue(Exception):
    """A value that a field's type cannot take. ``kind`` is the error type that a cluster would name as the cause."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind, self.reason = kind, reason
        super().__init__(reason)


def answer(status: int, error_type: str, reason: str, **more: object) -> SearchError:
    """An error whose root cause is itself."""
    cause: JsonObject = {"type": error_type, "reason": reason, **more}
    body: JsonObject = {"error": {"root_cause": [cause], **cause}, "status": status}
    return SearchError(status, error_type, reason, body)


def parsing(reason: str, at: str = "") -> SearchError:
    """Unknown names and wrong structure; ``at`` is the JSON pointer of the offending part."""
    return answer(400, "parsing_exception", f"{reason} at [{at}]" if at else reason)


def illegal(reason: str, at: str = "") -> SearchError:
    """A known option with a value that cannot be."""
    return answer(400, "illegal_argument_exception", f"{reason} at [{at}]" if at else reason)


def unsupported(construct: str, at: str = "") -> SearchError:
    """Something that a cluster knows and this engine does not."""
    return illegal(f"{construct} is not supported: this is a limit of the local backend", at)


def invalid_pipeline(reason: str) -> SearchError:
    """A pipeline aggregation whose path leads nowhere."""
    return answer(400, "action_request_validation_exception", f"Validation Failed: 1: {reason};")


def invalid_script(reason: str, source: str) -> SearchError:
    """A script that cannot be compiled."""
    return answer(400, "script_exception", f"{reason} in [{source}]", script=source, lang="painless")


def bad_mapping(reason: str) -> SearchError:
    """A mapping that cannot be taken."""
    return answer(400, "mapper_parsing_exception", reason)


def index_not_found(name: str) -> SearchError:
    """A concrete index name that does not exist."""
    more = {"resource.type": "index_or_alias", "resource.id": name, "index": name}
    return answer(404, "index_not_found_exception", f"no such index [{name}]", **more)


def shard_failure(index: str, cause_type: str, reason: str, caused_by: BadValue | None = None) -> SearchError:
    """An error found while an index was searched: everything fails, there are no partial answers locally."""
    cause: JsonObject = {"type": cause_type, "reason": reason, "index": index}
    if caused_by is not None:
        cause["caused_by"] = {"type": caused_by.kind, "reason": caused_by.reason}
    error: JsonObject = {
        "root_cause": [cause],
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "phase": "query",
        "grouped": True,
        "failed_shards": [{"shard": 0, "index": index, "reason": cause}],
    }
    body: JsonObject = {"error": error, "status": 400}
    return SearchError(400, "search_phase_execution_exception", f"[{index}] {reason}", body)


def bad_query_value(index: str, field: str, problem: BadValue) -> SearchError:
    """A query value that the field's type cannot take; dates have an error type of their own."""
    reason = f"failed to create query for field [{field}]: {problem.reason}"
    if problem.kind == "parse_exception":
        return shard_failure(index, "parse_exception", reason)
    return shard_failure(index, "query_shard_exception", reason, problem)
