"""The words of the certificate's page, in the site's language."""

from __future__ import annotations

from cctv.model.language import Language

_EN = {
    "title": "Certificate of deletion of camera footage",
    "site": "Site", "period": "Deleted from", "until": "until", "made": "Made", "by": "by", "for": "for",
    "what": "What was deleted", "nothing": "Nothing was deleted in this period.",
    "zone": "Zone", "rule": "Rule", "keeps": "Kept for", "why": "Why", "cameras": "Cameras", "files": "Files",
    "size": "Size", "recorded": "Recorded", "deleted": "Deleted", "late": "Latest beyond its limit",
    "in_time": "in time", "how": "How",
    "unlinked": "Each file was unlinked: its name was removed from the file system, durably, and the removal was "
                "recorded. The bytes were not overwritten.",
    "encrypted": "The volume is encrypted: what is left of the bytes cannot be read without its key.",
    "plain": "The volume is not encrypted as far as this machine can tell: until they are overwritten, bytes may be "
             "recovered from the medium with special means.",
    "unknown": "Whether the volume is encrypted cannot be told from here.",
    "snapshots": "The volume can keep snapshots ({names}). A snapshot taken before the deletion still has the files.",
    "has_snapshots": "A snapshot is there now.",
    "copies": "Copies that are known", "no_copies": "None is on record.", "ends": "ends",
    "lost": "Not deleted by us, but gone", "sweeps": "Sweeps", "completed": "completed",
    "stopped": "stopped by a guard", "now": "When this was made",
    "overdue": "footage past its limit that no hold covers", "held": "files kept past their limit by holds",
    "open": "deletions begun and not ended", "none": "none", "torn": "signed lines of past years that do not hold",
    "log": "Audit log", "entries": "entries; the last one's hash", "proof": "Proof",
    "check": "This page and certificate.json are signed with the site's key. Compare its fingerprint by telephone, "
             "then check offline:",
    "word past its limit": "past its limit", "word space needed": "space needed",
    "word site closed": "site closed",
    "word packages": "package for a requester", "word held": "encrypted copy of held footage",
}  # fmt: skip
_NL = {
    "title": "Attest van verwijdering van camerabeelden",
    "site": "Plaats", "period": "Verwijderd van", "until": "tot", "made": "Opgemaakt", "by": "door", "for": "voor",
    "what": "Wat werd verwijderd", "nothing": "In deze periode werd niets verwijderd.",
    "zone": "Zone", "rule": "Regel", "keeps": "Bewaard", "why": "Waarom", "cameras": "Camera's", "files": "Bestanden",
    "size": "Omvang", "recorded": "Opgenomen", "deleted": "Verwijderd", "late": "Laatste voorbij de termijn",
    "in_time": "op tijd", "how": "Hoe",
    "unlinked": "Elk bestand werd ontkoppeld (unlink): de naam werd duurzaam uit het bestandssysteem verwijderd en dat "
                "werd genoteerd. De bytes werden niet overschreven.",
    "encrypted": "Het volume is versleuteld: wat van de bytes overblijft is zonder de sleutel niet leesbaar.",
    "plain": "Het volume is voor zover deze machine ziet niet versleuteld: tot ze overschreven zijn, kunnen bytes met "
             "bijzondere middelen van de drager worden gehaald.",
    "unknown": "Of het volume versleuteld is, kan hier niet worden vastgesteld.",
    "snapshots": "Het volume kan snapshots bewaren ({names}). Een snapshot van voor de verwijdering heeft de bestanden "
                 "nog.",
    "has_snapshots": "Er is nu een snapshot.",
    "copies": "Gekende kopieën", "no_copies": "Er is er geen genoteerd.", "ends": "eindigt",
    "lost": "Niet door ons verwijderd, maar verdwenen", "sweeps": "Opruimbeurten", "completed": "voltooid",
    "stopped": "tegengehouden door een wachter", "now": "Bij het opmaken",
    "overdue": "beelden voorbij hun termijn die niet worden vastgehouden",
    "held": "bestanden voorbij hun termijn die worden vastgehouden",
    "open": "verwijderingen begonnen en niet beëindigd",
    "none": "geen", "torn": "ondertekende regels van vorige jaren die niet kloppen",
    "log": "Logboek", "entries": "regels; hash van de laatste", "proof": "Bewijs",
    "check": "Deze pagina en certificate.json zijn ondertekend met de sleutel van de plaats. Vergelijk de vingerafdruk "
             "telefonisch en controleer daarna zonder netwerk:",
    "word erased at a person's request": "gewist op verzoek van een betrokkene",
    "word past its limit": "termijn verstreken", "word space needed": "plaats nodig",
    "word site closed": "einde van de plaats",
    "word should never have been made": "had nooit gemaakt mogen worden", "word lost": "verloren",
    "word gone before the index was made again": "weg voor de index opnieuw werd gemaakt",
    "word zone": "zone", "word site cap": "plafond van de plaats", "word jurisdiction cap": "wettelijk plafond",
    "word packages": "pakket voor een verzoeker", "word held": "versleutelde kopie van vastgehouden beelden",
}  # fmt: skip
_FR = {
    "title": "Attestation de suppression d'images de caméras",
    "site": "Lieu", "period": "Supprimées du", "until": "au", "made": "Établie", "by": "par", "for": "pour",
    "what": "Ce qui a été supprimé", "nothing": "Rien n'a été supprimé pendant cette période.",
    "zone": "Zone", "rule": "Règle", "keeps": "Durée", "why": "Motif", "cameras": "Caméras", "files": "Fichiers",
    "size": "Taille", "recorded": "Enregistrées", "deleted": "Supprimées", "late": "Au plus tard après le terme",
    "in_time": "à temps", "how": "Comment",
    "unlinked": "Chaque fichier a été délié (unlink) : son nom a été retiré durablement du système de fichiers, et "
                "cela a été noté. Les octets n'ont pas été écrasés.",
    "encrypted": "Le volume est chiffré : ce qui reste des octets est illisible sans sa clé.",
    "plain": "Le volume n'est pas chiffré, pour autant que cette machine le voie : tant qu'ils ne sont pas écrasés, "
             "des octets peuvent être récupérés du support par des moyens particuliers.",
    "unknown": "On ne peut établir d'ici si le volume est chiffré.",
    "snapshots": "Le volume peut garder des instantanés ({names}). Un instantané pris avant la suppression a encore "
                 "les fichiers.",
    "has_snapshots": "Un instantané existe actuellement.",
    "copies": "Copies connues", "no_copies": "Aucune n'est notée.", "ends": "prend fin",
    "lost": "Non supprimées par nous, mais disparues", "sweeps": "Passages", "completed": "achevés",
    "stopped": "arrêtés par un garde", "now": "À l'établissement",
    "overdue": "images au-delà de leur terme et non retenues", "held": "fichiers retenus au-delà de leur terme",
    "open": "suppressions commencées et non achevées", "none": "aucune",
    "torn": "lignes signées d'années passées qui ne tiennent pas",
    "log": "Journal", "entries": "lignes ; empreinte de la dernière", "proof": "Preuve",
    "check": "Cette page et certificate.json sont signés avec la clé du lieu. Comparez son empreinte par téléphone, "
             "puis vérifiez hors ligne :",
    "word erased at a person's request": "effacées à la demande d'une personne",
    "word past its limit": "terme échu", "word space needed": "place nécessaire",
    "word site closed": "fin du lieu",
    "word should never have been made": "n'auraient jamais dû être faites", "word lost": "perdues",
    "word gone before the index was made again": "disparues avant la réfection de l'index",
    "word zone": "zone", "word site cap": "plafond du lieu", "word jurisdiction cap": "plafond légal",
    "word packages": "dossier pour un demandeur", "word held": "copie chiffrée d'images retenues",
}  # fmt: skip
WORDS = {Language.EN: _EN, Language.NL: _NL, Language.FR: _FR}
