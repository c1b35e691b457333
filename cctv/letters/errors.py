"""Errors of letters.  Their messages never repeat a fact: it may be personal data."""

from __future__ import annotations

from cctv.core.errors import CctvError, ConfigError, Exit


class FactMissing(CctvError):
    """The letter "{kind}" is not made, because facts are missing: {missing}. A letter never leaves with an empty field.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class FactUnusable(CctvError):
    """The letter "{kind}" is not made: {fact} {problem}.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class SenderUnknown(ConfigError):
    """No letter can be made: [controller] of {path} does not give {missing}.

    next: add {missing} to [controller], then `cctv config check`; docs/cameras-toml.md lists its keys.
    """


class WordsUntranslated(ConfigError):
    """No letter in this language ({language}) can be made: the {what}, "{text}", is not given in it.

    next: add to [letters.words] of cameras.toml: "{text}" = {{ {language} = "..." }}, then `cctv config check`.
    """


class TemplateRefused(ConfigError):
    """{place}: {problem}.

    next: {following}
    """


class NothingFetched(ConfigError):
    """A letter wants {wanted}, but is made of its own page alone: nothing is opened, of the network or of the disk.

    next: take that address out of the site's own templates, then `cctv config check`.
    """


class TypefaceMissing(CctvError):
    """A letter cannot be set: the typeface DejaVu is not installed.

    next: apt-get install fonts-dejavu-core
    """


class SignMissing(CctvError):
    """The letter cannot be set: no typeface of this machine has {sign}{more}; a letter never shows a box instead.

    next: apt-get install {packages}, then repeat the command; if that is installed, type the name in other letters.
    """
