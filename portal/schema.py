"""What the database says of itself: the oldest release whose code it still bears, named by the newest migration which that has."""

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.database import Base


class SchemaCompatibility(Base):
    """One row. A migration that older code cannot work with (it drops or renames something) sets it to its own revision."""

    __tablename__ = "schema_compatibility"

    oldest: Mapped[str] = mapped_column(String(32), primary_key=True)


def oldest_borne(session: Session) -> str | None:
    """Return the revision that a release must know to work on this database."""
    return session.scalar(select(SchemaCompatibility.oldest))
