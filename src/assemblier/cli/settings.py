"""Settings: options first, then the environment, then a file of the working folder."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Where the lake and the workspace are, and the language of the interface.

    Read from ``ASSEMBLIER_LAKE``, ``ASSEMBLIER_WORKSPACE``, ``ASSEMBLIER_LANG``, else from
    ``assemblier.toml`` of the working folder.
    """

    model_config = SettingsConfigDict(env_prefix="ASSEMBLIER_", toml_file="assemblier.toml")

    lake: Path = Path("lac")
    workspace: str = "assemblier.sqlite"
    lang: str = "fr"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put options before the environment, and the environment before the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
