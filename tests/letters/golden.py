"""Writes the golden texts: `python tests/letters/golden.py`, after a change of wording that was read and is meant."""

from pathlib import Path

from cctv.letters.kinds import Kind
from cctv.letters.rendering import text_of
from cctv.letters.specimens import specimens_of
from cctv.model.language import Language

FOLDER = Path(__file__).parent / "golden"


def golden(kind: Kind, language: Language) -> str:
    """The fullest specimen; of all but the answer to an access request, only what that one does not say as well."""
    said = _paragraphs(kind, language)
    shared = set() if kind is Kind.ACCESS_ANSWER else set(_paragraphs(Kind.ACCESS_ANSWER, language))
    return "\n\n".join(one for one in said if one not in shared) + "\n"


def _paragraphs(kind: Kind, language: Language) -> list[str]:
    return text_of(specimens_of(kind, language)[0])[0].rstrip("\n").split("\n\n")


if __name__ == "__main__":
    for language in Language:
        folder = FOLDER / language.value
        folder.mkdir(parents=True, exist_ok=True)
        for kind in Kind:
            (folder / f"{kind.value}.txt").write_text(golden(kind, language))
