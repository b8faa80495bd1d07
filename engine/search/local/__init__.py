"""The in-process search engine on DuckDB."""

from engine.search.local.engine import LocalSearch
from engine.search.local.report import DocumentProblem, LoadReport

__all__ = ["DocumentProblem", "LoadReport", "LocalSearch"]
