"""Runs every check, two at a time, and shows what each had to say: format, lint, types, imports, templates, translations."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "types": [str(BIN / "mypy")],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "lint": [str(BIN / "ruff"), "check", "."],
    "imports": [str(BIN / "lint-imports")],
    "templates": [sys.executable, "-m", "portal.checks", "templates"],
    "translations": [sys.executable, "-m", "portal.checks", "translations"],
}


def check(name: str) -> tuple[str, bool, str, float]:
    """Run one check; return its name, whether it passed, its output and the seconds it took."""
    began = time.monotonic()
    result = subprocess.run(
        CHECKS[name], cwd=ROOT, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return name, result.returncode == 0, result.stdout + result.stderr, time.monotonic() - began


def main(wanted: list[str]) -> int:
    """Run the named checks, or all; return 1 if any failed."""
    names = wanted or list(CHECKS)
    print(f"Checking {', '.join(names)} …", flush=True)
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for future in as_completed([pool.submit(check, name) for name in names]):
            name, passed, output, seconds = future.result()
            print(f"{'ok    ' if passed else 'FAILED'} {name} ({seconds:.1f} s)", flush=True)
            if not passed:
                failed.append(name)
                print(output, flush=True)
    if failed:
        print(
            f"Failed: {', '.join(failed)}. Many a finding mends itself: .venv/bin/ruff check --fix . && .venv/bin/ruff format ."
        )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
