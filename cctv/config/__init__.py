"""Configuration: cameras.toml and the credentials, checked and frozen.

Every command reads cameras.toml, so nothing heavy is imported here.
"""

from typing import TYPE_CHECKING

from cctv.kernel.lazy import exports
from cctv.model.language import Language

if TYPE_CHECKING:
    from cctv.config.credentials import Credential, Credentials, load_credentials
    from cctv.config.edit import Edit, add_camera, write_edit
    from cctv.config.errors import CameraUnknown, ConfigWarning, SettingsNotFound, ZoneUnknown
    from cctv.config.limits import Limit, LimitRule, retention_limit
    from cctv.config.load import Checked, find_settings, load_settings
    from cctv.config.origins import Row, explain
    from cctv.config.schedule import Schedule, Window
    from cctv.config.settings import (
        AlertsSettings,
        CameraSettings,
        ControllerSettings,
        CredentialsSettings,
        EnvelopeWindow,
        LettersSettings,
        PolicySettings,
        RecordingSettings,
        Settings,
        SiteSettings,
        Transport,
        TwoPersonAct,
        ZoneSettings,
    )

__getattr__ = exports(
    __name__,
    {
        "credentials": (
            "Credential",
            "Credentials",
            "load_credentials",
        ),
        "edit": (
            "Edit",
            "add_camera",
            "write_edit",
        ),
        "errors": (
            "CameraUnknown",
            "ConfigWarning",
            "SettingsNotFound",
            "ZoneUnknown",
        ),
        "origins": (
            "Row",
            "explain",
        ),
        "limits": (
            "Limit",
            "LimitRule",
            "retention_limit",
        ),
        "load": (
            "Checked",
            "find_settings",
            "load_settings",
        ),
        "schedule": (
            "Schedule",
            "Window",
        ),
        "settings": (
            "AlertsSettings",
            "CameraSettings",
            "ControllerSettings",
            "CredentialsSettings",
            "EnvelopeWindow",
            "LettersSettings",
            "PolicySettings",
            "RecordingSettings",
            "Settings",
            "SiteSettings",
            "Transport",
            "TwoPersonAct",
            "ZoneSettings",
        ),
    },
)

__all__ = [
    "AlertsSettings",
    "CameraSettings",
    "CameraUnknown",
    "Checked",
    "ConfigWarning",
    "ControllerSettings",
    "Credential",
    "Credentials",
    "CredentialsSettings",
    "Edit",
    "EnvelopeWindow",
    "Language",
    "LettersSettings",
    "Limit",
    "LimitRule",
    "PolicySettings",
    "RecordingSettings",
    "Row",
    "Schedule",
    "Settings",
    "SettingsNotFound",
    "SiteSettings",
    "Transport",
    "TwoPersonAct",
    "Window",
    "ZoneSettings",
    "ZoneUnknown",
    "add_camera",
    "explain",
    "find_settings",
    "load_credentials",
    "load_settings",
    "retention_limit",
    "write_edit",
]
