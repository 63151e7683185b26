from centrepiece.cli.environment import DEFAULTS, TELEMETRY_OFF, prepare_environment


def test_what_the_user_has_set_wins_and_telemetry_is_off_all_the_same() -> None:
    own = {"PREFECT_LOGGING_EXTRA_LOGGERS": "mine", "GX_ANALYTICS_ENABLED": "true", "PATH": "/bin"}
    prepare_environment(own)
    assert own == {**DEFAULTS, "PREFECT_LOGGING_EXTRA_LOGGERS": "mine", "PATH": "/bin", **TELEMETRY_OFF}
