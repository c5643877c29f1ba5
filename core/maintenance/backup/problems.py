"""What can go wrong with a backup, one class per meaning."""

from core.errors import Category, ConfigurationError, ConflictError, MendlineError


class MissingProgramError(ConfigurationError):
    """A client program of PostgreSQL is missing."""

    code = "ML-BAK-0001"


class ProgramFailedError(MendlineError):
    """A client program of PostgreSQL failed."""

    code = "ML-BAK-0002"
    category = Category.SERVER


class DamagedBackupError(MendlineError):
    """The file is not the backup that was written."""

    code = "ML-BAK-0003"
    category = Category.INTEGRITY


class WrongKeyError(MendlineError):
    """The backup is encrypted, and not with this key."""

    code = "ML-BAK-0004"
    category = Category.CONFIG


class UnprovenBackupError(MendlineError):
    """What was restored from the backup is not what went into it."""

    code = "ML-BAK-0005"
    category = Category.INTEGRITY


class BackupRunningError(ConflictError):
    """Another backup of this database is being taken."""

    code = "ML-BAK-0006"


class OverwriteRefusedError(ConflictError):
    """The database has tables; it is replaced only where its name is given for that."""

    code = "ML-BAK-0007"


class MissingRightError(ConfigurationError):
    """The database user or the server does not allow this."""

    code = "ML-BAK-0008"


class BackupNotFoundError(MendlineError):
    """There is no such backup."""

    code = "ML-BAK-0009"
    category = Category.NOT_FOUND
    http_status = 404


class KeyFileError(ConfigurationError):
    """The key file for backups cannot be used."""

    code = "ML-BAK-0010"


class PlaceError(MendlineError):
    """The place where backups are kept does not answer as it should."""

    code = "ML-BAK-0011"
    category = Category.UNAVAILABLE
    permanent = False
    http_status = 503


class UncopiedBackupError(PlaceError):
    """A backup was taken and stays here, but it could not be copied.

    Permanent: another try would take another backup. The next one is copied together with it.
    """

    code = "ML-BAK-0012"
    permanent = True
