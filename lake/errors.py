"""The deliberate errors; each says what was expected, what came, where, and what to do."""


class CentrepieceError(Exception):
    """Base of every error that centrepiece raises on purpose.

    `exit_code` is what the command line ends with: 2 when the input, the configuration or the machine is at fault, 3 when
    the gate said no or could not tell. Anything that is not a `CentrepieceError` is a crash.
    """

    exit_code = 2


class ConfigurationError(CentrepieceError):
    """A pipeline, taxonomy, label map or gates file cannot be used as it stands."""


class UnreachableError(ConfigurationError):
    """A store, a catalog or a database does not answer, or refuses the credentials; later it may be another matter."""


class StorageError(ConfigurationError):
    """A disk is full, or may not be read or written; nothing is wrong with the data, and trying again alone does not help."""


class MissingPackageError(ConfigurationError):
    """A command or stage needs a package of an extra that is not installed."""


class InputError(CentrepieceError):
    """A whole file or export is unreadable, missing or not what its source stanza says."""


class SourceLossError(CentrepieceError):
    """An ingest would lose more of a source than its limits allow; nothing of the source is published."""


class ContractError(CentrepieceError):
    """Rows do not fit the contract of the table they are written to or read from."""


class ConservationError(CentrepieceError):
    """Rows in differ from rows out plus rejects; nothing is published."""


class DamagedFileError(CentrepieceError):
    """A file of a table is gone, or is not what was published."""


class EmptyCheckError(CentrepieceError):
    """A check was asked to judge no rows at all."""


class ExpectationError(CentrepieceError):
    """Rows that a stage was about to publish fail an expectation; nothing is published."""


class PublishError(CentrepieceError):
    """A commit was refused, or its outcome could not be established."""


class LeaseLostError(PublishError):
    """Another run holds, or has taken over, the right to publish this stage key."""


class MissingTableError(CentrepieceError):
    """A stage needs a table that no earlier stage has published."""


class LostTableError(ConfigurationError):
    """A table lies in the store, and the catalog does not know it."""


class UnmappedLabelError(ConfigurationError):
    """A customer's label is in no label map."""


class ModelError(CentrepieceError):
    """A model file is missing, has another digest than registered, or is not what it says."""


class GateRefusalError(CentrepieceError):
    """The verdict is FAIL or INCONCLUSIVE: the candidate is not promoted."""

    exit_code = 3


class ChampionChangedError(CentrepieceError):
    """The champion is no longer the model that the candidate was compared with."""

    exit_code = 3


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line of at most 200 characters, with its kind where it says nothing."""
    return " ".join(str(error).split())[:200] or type(error).__name__
