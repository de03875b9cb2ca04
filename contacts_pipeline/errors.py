"""The root of every error that a user can mend: it names the thing and the remedy."""


class PipelineError(Exception):
    """What happened, to which thing, and what to do about it, in one line without values."""

    code = "error"
    exit_code = 1


class SettingsError(PipelineError):
    """``contacts.yaml`` or the environment says something that can't be meant."""

    code = "settings_invalid"
    exit_code = 2


class WarehouseError(PipelineError):
    """The warehouse can't be read as ``contacts.yaml`` describes it; ``kind`` says why."""

    code = "warehouse_unreadable"
    exit_code = 2
    kinds_of_settings = frozenset({"settings", "no_database", "no_table", "no_column"})

    def __init__(self, told: str, kind: str = "settings") -> None:
        super().__init__(told)
        self.kind = kind
