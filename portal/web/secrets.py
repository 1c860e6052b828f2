"""The installation's secret: from the settings, else made once and kept under the data directory."""

import os
import secrets

from portal.settings import Settings

FILE = "secret-key"


def secret_key(settings: Settings) -> str:
    """Return the secret that signs CSRF tokens and toasts; the same in every process of this data directory."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / FILE
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(new, path)  # whoever comes first decides; the file is never seen half written
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return path.read_text().strip()
