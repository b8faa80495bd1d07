"""The daemon's log: one line an event, logfmt on a terminal and JSON otherwise."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

FIELDS = "fields"
"""The attribute of a log record that holds what it tells as data: name -> value."""


def log_to_stderr(level: str) -> None:
    """Send all log records of that level and above to stderr, in the form that suits it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogfmtFormatter() if sys.stderr.isatty() else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # One line for each job that it fires is noise; our own lines say what was done.
    logging.getLogger("apscheduler").setLevel("WARNING")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields_of(self, record), default=str)


class LogfmtFormatter(logging.Formatter):
    """``name=value`` pairs, values quoted where they need it."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={_quoted(str(value))}" for name, value in _fields_of(self, record).items())


def _fields_of(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, object]:
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    fields: dict[str, object] = {"ts": at.replace("+00:00", "Z"), "level": record.levelname.lower()}
    fields |= {"logger": record.name, "message": record.getMessage()}
    told = getattr(record, FIELDS, None)
    if isinstance(told, Mapping):
        fields |= told
    if record.exc_info:
        fields["error"] = formatter.formatException(record.exc_info)
    return fields


def _quoted(text: str) -> str:
    is_plain = text and not any(character in text for character in ' "=\n\t') and text.isprintable()
    return text if is_plain else json.dumps(text)
