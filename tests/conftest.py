"""Settings of the property tests: new examples at every local run, the same ones in CI, so that nobody's push fails
for what somebody else wrote. No deadlines: how long an example takes depends on the machine.
"""

import os

from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
