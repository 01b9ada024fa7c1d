"""Settings from code and from the environment; the key of development."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clone_cqrs.http import HttpSettings
from clone_cqrs.http.development_key import FILE_NAME, development_key

KEY = "0123456789abcdef" * 2


def test_every_setting_has_a_variable() -> None:
    settings = HttpSettings.from_environment(
        {
            "CLONE_CQRS_ENVIRONMENT": "production",
            "CLONE_CQRS_JWT_KEY": KEY,
            "CLONE_CQRS_CORS_ORIGINS": "https://a.example, https://b.example",
            "CLONE_CQRS_REQUEST_TIMEOUT": "2.5",
            "CLONE_CQRS_MAX_CONCURRENT_REQUESTS": "7",
            "CLONE_CQRS_DOCUMENTATION": "false",
            "CLONE_CQRS_MAX_LAG": "60",
        },
        jwt_audience="here",
    )
    assert settings == HttpSettings(
        environment="production",
        jwt_key=KEY,
        jwt_audience="here",
        cors_origins=("https://a.example", "https://b.example"),
        request_timeout=2.5,
        max_concurrent_requests=7,
        documentation=False,
        max_lag=60.0,
    )
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "wrong"),
    [
        ({"ENVIRONMENT": "production"}, "jwt_key: is required in production"),
        ({"ENVIRONMENT": "prod"}, "environment: should be development or production"),
        ({"JWT_KEY": "short"}, "jwt_key: should have at least 32 bytes"),
        ({"REQUEST_TIMEOUT": "soon"}, "CLONE_CQRS_REQUEST_TIMEOUT: should be a number"),
        ({"DOCUMENTATION": "maybe"}, "CLONE_CQRS_DOCUMENTATION: should be true or false"),
        ({"REQUEST_TIMEOUT": "0"}, "request_timeout: should be more than 0"),
        ({"MAX_LAG": "nan"}, "max_lag: should be more than 0"),
        ({"MAX_BODY_BYTES": "2000000"}, "max_body_bytes: should be at most 1048576"),
        ({"ENVIRONMENT": "prod", "JWT_KEY": "short"}, "environment: .*; jwt_key: "),
    ],
)
def test_refuses_what_makes_no_sense(environment: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        HttpSettings.from_environment({f"CLONE_CQRS_{name}": value for name, value in environment.items()})


def test_processes_of_one_user_agree_on_a_development_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as many:
        keys = set(many.map(lambda _: development_key(tmp_path / "data"), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    (file,) = (tmp_path / "data").iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (FILE_NAME, 0o600)


def test_a_development_key_needs_no_directory(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert len(development_key(in_the_way)) == 64


def test_a_key_of_development_is_known_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert HttpSettings().key_is_for_development
    assert not HttpSettings(jwt_key=KEY).key_is_for_development
