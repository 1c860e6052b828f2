from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portal.settings import Settings
from portal.web.secrets import FILE, secret_key


def test_the_secret_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _number: secret_key(settings), range(16)))
    assert len(made) == 1
    assert len(made.pop()) >= 48
    assert (tmp_path / "data" / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]


def test_a_configured_secret_wins(tmp_path: Path) -> None:
    assert secret_key(Settings(data_dir=tmp_path, secret_key="given")) == "given"
