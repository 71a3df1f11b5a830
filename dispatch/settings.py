"""What an installation decides: flags, then environment, then `cuadrante.toml`, then defaults."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from dispatch.edge.exposure import is_loopback

CONFIG_FILE = Path("cuadrante.toml")
PREFIX = "CUADRANTE_"
SECRET_CHARS_MIN = 32


class BadSettings(Exception):  # noqa: N818 - it is shown as a sentence
    """A setting cannot be used; the message names each one and says why."""


class Durability(StrEnum):
    """What must hold a press before its sender is told that it is stored."""

    LOCAL = "local"
    DATABASE = "database"


class Settings(BaseSettings):
    """Every setting, its default and its meaning."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,  # `CUADRANTE_DSN=` in a unit file means: not set
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # a value may hold a password
    )

    data_dir: Path = Field(Path("var"), description="Where everything that must last is kept.")
    dsn: SecretStr | None = Field(
        None, description="PostgreSQL to use; none: one is run under data_dir."
    )
    secret: SecretStr | None = Field(
        None,
        min_length=SECRET_CHARS_MIN,
        description="Keys are derived from it; none: the one in data_dir, made at the first start.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(7310, ge=0, le=65535, description="Port to listen on; 0: any free one.")
    console_port: int = Field(
        7311, ge=0, le=65535, description="Port of the HTTP side; 0: any free one."
    )
    tls_certificate: Path | None = Field(None, description="Certificate chain, PEM.")
    tls_key: Path | None = Field(None, description="Its private key, PEM.")
    allow_plain: bool = Field(
        False, description="Speak without TLS beyond this machine: only behind a TLS proxy."
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of the web pages that may connect, such as https://a.example."
    )
    connections_max: int = Field(19_000, ge=16, description="Connections at once, at most.")
    durability: Durability = Field(
        Durability.LOCAL,
        description="When a press counts as stored: in the local journal, or in PostgreSQL too.",
    )
    gateway_host: str = Field("127.0.0.1", description="Where panels and buttons reach it.")
    gateway_panel_port: int = Field(
        7312, ge=0, le=65535, description="SIA DC-09, TCP and UDP; 0: any free one."
    )
    gateway_button_port: int = Field(
        7313, ge=0, le=65535, description="Button datagrams, TCP and UDP; 0: any free one."
    )
    gateway_metrics_port: int = Field(
        7314, ge=0, le=65535, description="Its health and metrics, on the loopback; 0: any."
    )
    gateway_core_url: str | None = Field(
        None, description="The core that the gateway reports to; none: the one on this machine."
    )
    gateway_console_url: str | None = Field(
        None, description="Where it takes pictures; none: console_port beside its core."
    )
    console_core_url: str | None = Field(
        None, description="The core that the console speaks to; none: the one on this machine."
    )
    push: bool = Field(True, description="Wake sleeping handhelds by a push to them.")
    push_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (
            "fcm.googleapis.com",
            "push.services.mozilla.com",
            "notify.windows.com",
            "push.apple.com",
        ),
        description="The push services to use: these hosts and whatever is under them.",
    )
    push_contact: str = Field(
        "cuadrante@example.com",
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="An e-mail address by which push services reach whoever runs this.",
    )
    push_metrics_port: int = Field(
        7315, ge=0, le=65535, description="Its metrics, on the loopback; 0: any."
    )
    apns_key_file: Path | None = Field(
        None, description="Apple's signing key (.p8): telephones of Apple's are pushed to as well."
    )
    apns_key_id: str = Field(
        "", pattern=r"^([A-Z0-9]{10})?$", description="Its id, as Apple shows it."
    )
    apns_team_id: str = Field(
        "", pattern=r"^([A-Z0-9]{10})?$", description="The developer team that it is of."
    )
    apns_topics: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Bundle ids of the apps to push to, the handhelds' first."
    )
    apns_host: str = Field(
        "api.push.apple.com", description="Apple's service; api.sandbox.push.apple.com for tests."
    )
    apns_port: int = Field(443, ge=1, le=65535, description="Its port; Apple has 2197 as well.")
    apns_critical: bool = Field(
        False, description="Sound on silenced telephones: Apple must have allowed it to the apps."
    )
    fcm_account_file: Path | None = Field(
        None,
        description="Firebase's service account (JSON): telephones with Google's are pushed to.",
    )
    fcm_url: str = Field(
        "https://fcm.googleapis.com", pattern="^https://", description="Firebase's service."
    )
    core_public_url: str | None = Field(
        None, description="Where browsers reach the core; none: beside the pages, on `port`."
    )
    map_tiles_url: str = Field(
        "", description="Template of map tiles, such as https://tiles.example/{z}/{x}/{y}.png."
    )
    map_credit: str = Field("", description="What the owner of the tiles asks to be shown.")
    drain_deadline_s: float = Field(15.0, gt=0, description="Seconds to end in order.")

    @field_validator("origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            # What a browser sends has no slash at its end, what people copy from it often has.
            return tuple(origin.rstrip("/") for origin in value.replace(",", " ").split())
        return value

    @field_validator("push_hosts", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(host.lower() for host in value.replace(",", " ").split())
        return value

    @field_validator("apns_topics", mode="before")
    @classmethod
    def _bundle_ids(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("gateway_console_url")
    @classmethod
    def _keeps_the_token_secret(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://none")
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise ValueError("write something like https://server:7311")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("plain http:// is for this very machine only: use https://")
        return value

    @model_validator(mode="after")
    def _certificate_with_key(self) -> "Settings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together: set both or neither")
        return self

    @model_validator(mode="after")
    def _all_of_apples(self) -> "Settings":
        rest = (self.apns_key_id, self.apns_team_id, self.apns_topics)
        if any(rest) != all(rest) or any(rest) != (self.apns_key_file is not None):
            raise ValueError(
                "apns_key_file, apns_key_id, apns_team_id and apns_topics go together: "
                "set all or none"
            )
        return self

    @property
    def journal_file(self) -> Path:
        """The durable log of what was acknowledged."""
        return self.data_dir / "journal" / "journal.sqlite"

    @property
    def secret_file(self) -> Path:
        """Where the installation's secret is kept unless it is set."""
        return self.data_dir / "secret"

    @property
    def registry_folder(self) -> Path:
        """The local copy of the registry, for when PostgreSQL is away."""
        return self.data_dir / "registry"

    @property
    def gateway_credentials(self) -> Path:
        """Who the gateway is: its token, for its owner alone."""
        return self.data_dir / "gateway" / "credentials.json"

    @property
    def pictures_folder(self) -> Path:
        """Where cameras' pictures are kept."""
        return self.data_dir / "pictures"

    @property
    def postgres_dir(self) -> Path:
        """Where the embedded PostgreSQL keeps its data."""
        return self.data_dir / "postgres"

    def as_environment(self) -> dict[str, str]:
        """Return these settings as a child process reads them: never on a command line."""
        values: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if isinstance(value, tuple):
                value = " ".join(value)
            if value is not None:
                values[PREFIX + name.upper()] = str(value)
        return values


def load_settings(config: Path | None = None, **flags: Any) -> Settings:
    """Gather the settings; a flag that is None was not given. Raises `BadSettings`."""
    if config is not None and not config.is_file():
        raise BadSettings(f"there is no settings file {config}")
    file = config or CONFIG_FILE

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = TomlConfigSettingsSource(settings_cls, toml_file=file)
            return init_settings, env_settings, toml

    try:
        return FromFile(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise BadSettings("\n".join(_sentence(problem) for problem in error.errors())) from None
    except (SettingsError, OSError, ValueError) as error:
        raise BadSettings(f"{file}: {error}") from None


def _sentence(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"]) or "settings"
    if problem["type"] == "extra_forbidden":
        return f"{name}: there is no such setting (see `server.py run --help`)"
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"
