"""What a rule would have seen over a stretch of time (rule-type-index-threshold.md 7)."""

from datetime import datetime, timedelta

from engine.model.errors import RunError
from engine.model.instant import from_ms, iso, parse_iso
from engine.model.jsonvalue import JsonObject
from engine.ports.search import SearchPort
from engine.timing.durations import parse_duration
from rule_types.answer import bucket_key, number_at, object_at, objects_at
from rule_types.index_threshold.evaluator import search_or_nothing
from rule_types.index_threshold.params import parse_index_threshold_params
from rule_types.index_threshold.request import RequestSkeleton
from rule_types.index_threshold.rows import ALL_DOCUMENTS, value_in_range
from rule_types.params import refuse
from rule_types.texts import key_text
from rule_types.time_window import TimeWindow

MAX_RANGES = 1000


def date_ranges(
    *,
    window: str,
    now: datetime,
    date_start: str | None = None,
    date_end: str | None = None,
    interval: str | None = None,
) -> list[TimeWindow]:
    """The windows that end at ``date_end`` and every interval before it back to ``date_start``, oldest first.

    ``window`` and ``interval`` are durations (``5m``), the dates ISO texts; ``date_end`` defaults to now,
    ``date_start`` to ``date_end``, and without interval there is one window. Raises InvalidInput on ``dateEnd``,
    ``dateStart``, ``interval``, ``window`` or, for more than 1000 windows, ``intervals``.
    """
    end = now if date_end is None else _date(date_end, "dateEnd")
    start = end if date_start is None else _date(date_start, "dateStart")
    if start > end:
        raise refuse("dateStart", f"{iso(start)} is after dateEnd {iso(end)}", "give an earlier start")
    step = None if interval is None else _duration(interval, "interval")
    length = _duration(window, "window")
    count = 1 if step is None else 1 + _rounded_half_up(end - start, step)
    if count > MAX_RANGES:
        raise refuse("intervals", f"{count} intervals are more than the {MAX_RANGES} allowed", "lengthen the interval")
    try:
        ends = [end - k * (step or timedelta()) for k in reversed(range(count))]
        return [TimeWindow(iso(each - length), iso(each)) for each in ends]
    except OverflowError:
        raise refuse("window", "begins before the year 1", "shorten it") from None


async def preview(
    params: JsonObject,
    search: SearchPort,
    *,
    now: datetime,
    date_start: str | None = None,
    date_end: str | None = None,
    interval: str | None = None,
) -> JsonObject:
    """``{results: [{group, metrics: [[end of window, value or None], ...]}], truncated: false}`` for a rule's params.

    The condition is not applied. Raises InvalidInput for params or dates, SearchError, SearchUnavailable, and RunError
    for a malformed answer.
    """
    parsed = parse_index_threshold_params(params)
    window = f"{parsed.time_window_size}{parsed.time_window_unit}"
    windows = date_ranges(window=window, now=now, date_start=date_start, date_end=date_end, interval=interval)
    compiled = parsed.compile_filter()
    only = None if compiled is None else await compiled.query(search)
    answer = await search_or_nothing(search, RequestSkeleton(parsed).preview_request(windows, only))
    aggregations = object_at(answer, "aggregations")
    is_count = parsed.agg_type == "count"
    if parsed.term_field is not None:
        buckets = objects_at(object_at(aggregations, "groupAgg"), "buckets")
        results = [_series(key_text(bucket_key(bucket)), bucket, is_count=is_count) for bucket in buckets]
    else:
        results = [_series(ALL_DOCUMENTS, aggregations, is_count=is_count)] if "dateAgg" in aggregations else []
    return {"results": results, "truncated": False}


def _series(group: str, bucket: JsonObject, *, is_count: bool) -> JsonObject:
    ranges = objects_at(object_at(bucket, "dateAgg"), "buckets")
    return {"group": group, "metrics": [[_end(one), value_in_range(one, is_count=is_count)] for one in ranges]}


def _end(bucket: JsonObject) -> str:
    end = number_at(bucket, "to")
    try:
        if end is not None:
            return iso(from_ms(int(end)))
    except OverflowError:
        pass
    raise RunError("execute", "the search answered with a date range that has no valid end")


def _date(text: str, field: str) -> datetime:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise refuse(field, f"{text!r} is not a date", "write it like 2026-01-31T12:00:00.000Z") from None


def _duration(text: str, field: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise refuse(field, f"{text!r} is not a duration", "write a positive integer and s, m, h or d") from None


def _rounded_half_up(span: timedelta, step: timedelta) -> int:
    return (2 * span + step) // (2 * step)
