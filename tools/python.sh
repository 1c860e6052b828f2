# Sourced by ./run, ./test and ./check with $root set: sets $python to a Python the portal runs on, or says what is missing.
python=
for candidate in "${PORTAL_PYTHON:-}" "$root/.venv/bin/python" python3 python3.13 python3.12 python3.11 python; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "The portal needs Python 3.11, 3.12 or 3.13 and found none of them." >&2
    echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13)," >&2
    echo "or name one: PORTAL_PYTHON=/path/to/python ./run" >&2
    exit 1
fi
