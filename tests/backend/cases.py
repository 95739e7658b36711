#!/usr/bin/env python3
"""Cases of the backends. The last line is "N passed, N failed, N skipped". An argument: only cases whose names hold it."""
import sys

import cases_kubernetes  # noqa: F401 - each adds its cases to the list
import cases_local  # noqa: F401
import cases_pg  # noqa: F401
import cases_pg_rows  # noqa: F401
import cases_s3  # noqa: F401
import harness

if __name__ == "__main__":
    sys.exit(harness.main())
