"""Log records on stderr: one line each, safe for a terminal; tracebacks only with ``--debug``."""

import logging
import sys

from tocsin.cli.options import Globals
from tocsin.cli.text import printable

_MESSAGES = "tocsin.connectors.server_log"


def configure_logging(options: Globals) -> None:
    """Log to stderr from the chosen level on. What rules write by `.server-log` is shown from ``info`` on."""
    level = logging.getLevelNamesMapping()[(options.log_level or "warning").upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine(options))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger(_MESSAGES).setLevel(min(level, logging.INFO))


class _OneLine(logging.Formatter):
    def __init__(self, options: Globals) -> None:
        super().__init__()
        self._options = options

    def format(self, record: logging.LogRecord) -> str:
        line = printable(f"{record.levelname.lower()}: {record.name}: {record.getMessage()}")
        if record.exc_info and self._options.debug:
            line += f"\n{self.formatException(record.exc_info)}"
        return line
