"""What a step of the wall clock makes of plans in the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The wall clock shows ``at`` and may have been set: by ``step``, negative = back, zero = not known.

    Times later than these are from before it was set back: ``lease_until`` for leases of rules, ``send_until`` for
    those of notifications, ``attempt_until`` for the next attempts of notifications.
    """

    at: datetime
    step: timedelta
    lease_until: datetime
    send_until: datetime
    attempt_until: datetime

    @property
    def is_back(self) -> bool:
        return self.step < timedelta(0)

    @property
    def is_forward(self) -> bool:
        return self.step > timedelta(0)


@dataclass(frozen=True, slots=True)
class Replanned:
    """How many rules, leases of rules, and notifications were planned anew."""

    rules: int = 0
    leases: int = 0
    notifications: int = 0
