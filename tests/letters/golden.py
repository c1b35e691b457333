"""Writes the golden texts: `python tests/letters/golden.py`, after a change of wording that was read and is meant."""

from pathlib import Path

from cctv.core.i18n import Language
from cctv.letters.facts import LetterTemplate
from cctv.letters.render import text_of
from cctv.letters.specimens import specimens_of

FOLDER = Path(__file__).parent / "golden"


def golden(kind: LetterTemplate, language: Language) -> str:
    """The fullest specimen; of all but the answer to an access request, only what that one does not say as well."""
    paragraphs = _paragraphs(kind, language)
    shared = set() if kind is LetterTemplate.ACCESS_ANSWER else set(_paragraphs(LetterTemplate.ACCESS_ANSWER, language))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph not in shared) + "\n"


def _paragraphs(kind: LetterTemplate, language: Language) -> list[str]:
    return text_of(specimens_of(kind, language)[0])[0].rstrip("\n").split("\n\n")


if __name__ == "__main__":
    for language in Language:
        folder = FOLDER / language.value
        folder.mkdir(parents=True, exist_ok=True)
        for kind in LetterTemplate:
            (folder / f"{kind.value}.txt").write_text(golden(kind, language))
