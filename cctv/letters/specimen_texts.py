"""What people would type into the specimens, in Dutch, French and English.  Invented, and marked so on every page."""

from __future__ import annotations

from cctv.model.language import Language

_ORDER = (Language.NL, Language.FR, Language.EN)

_TEXTS: dict[str, tuple[str, str, str]] = {
    "extension": (
        "Het gaat om zes camera’s en vier uur beeld, waarop bij de ingang doorlopend veel bezoekers te zien zijn. "
        "Elke bezoeker moet in elk beeld onherkenbaar worden gemaakt en dat moet een tweede persoon nakijken.",
        "Il s’agit de six caméras et de quatre heures d’images, sur lesquelles de nombreux visiteurs passent sans arrêt "
        "à l’entrée. Chaque visiteur doit être rendu méconnaissable et une deuxième personne doit le vérifier.",
        "Six cameras and four hours of footage are concerned, in which many visitors pass the entrance all the time. "
        "Each of them has to be hidden in every picture, and a second person has to check that.",
    ),
    "not_identifiable": (
        "Op de beelden zijn 43 personen te zien. Drie van hen dragen een donkere jas zoals u die beschrijft; geen van hen "
        "kwam op het uur dat u noemt door de foyer.",
        "Les images montrent 43 personnes. Trois d’entre elles portent un manteau sombre comme celui que vous décrivez ; "
        "aucune n’a traversé le foyer à l’heure que vous indiquez.",
        "The footage shows 43 people. Three of them wear a dark coat such as you describe; none of them crossed the foyer "
        "at the time that you give.",
    ),
    "lifted": (
        "Op 20 november 2026 hebben wij met u de beelden naast het rooster gelegd. Datum en uur kloppen.",
        "Le 20 novembre 2026, nous avons comparé avec vous les images et l’horaire. La date et l’heure sont exactes.",
        "On 20 November 2026 we compared the footage with the timetable together with you. Date and time are right.",
    ),
    "yielded": (
        "De onderzoeksrechter vorderde deze beelden in een onderzoek naar diefstal. Wij hebben het bevel laten nakijken en "
        "alleen verstrekt wat het noemt.",
        "Le juge d’instruction a requis ces images dans une enquête pour vol. Nous avons fait vérifier l’ordre et n’avons "
        "communiqué que ce qu’il mentionne.",
        "The investigating judge demanded this footage in an inquiry into theft. We had the order checked and gave only "
        "what it names.",
    ),
    "recipient": (
        "Onderzoeksrechter te Brugge",
        "Juge d’instruction de Bruges",
        "Investigating judge, Bruges",
    ),
    "grounds": (
        "Op 21 november 2026 is in de foyer een instrument gestolen (INC-2026-014). Deze beelden zijn de enige die tonen "
        "wie de kast opende. De politie heeft gevraagd ze te bewaren.",
        "Le 21 novembre 2026, un instrument a été volé dans le foyer (INC-2026-014). Ces images sont les seules qui "
        "montrent qui a ouvert l’armoire. La police a demandé de les conserver.",
        "On 21 November 2026 an instrument was stolen from the foyer (INC-2026-014). This footage alone shows who opened "
        "the cabinet. The police have asked us to keep it.",
    ),
    "balance": (
        "U bent acht seconden in beeld, op de achtergrond en zonder verband met de diefstal. Wij bewaren alleen de veertig "
        "minuten rond het feit, laten ze door niemand anders bekijken dan het onderzoek vraagt en wissen ze zodra de zaak "
        "is afgehandeld. Zo blijft de inbreuk voor u klein, terwijl het bewijs zonder deze beelden verloren gaat.",
        "Vous êtes visible pendant huit secondes, à l’arrière-plan et sans lien avec le vol. Nous ne conservons que les "
        "quarante minutes entourant les faits, ne les montrons à personne au-delà de ce que l’enquête exige et les "
        "effaçons dès que l’affaire est terminée. L’atteinte reste donc faible pour vous, alors que la preuve "
        "serait perdue sans ces images.",
        "You can be seen for eight seconds, in the background and without any link to the theft. We keep only the forty "
        "minutes around it, show them to nobody beyond what the inquiry needs, and delete them as soon as the matter is "
        "closed. The intrusion thus remains small for you, while the proof would be lost without this footage.",
    ),
    "statement": (
        "Ik was op dat uur in de foyer om mijn jas te halen, op vraag van de zaalverantwoordelijke.",
        "J’étais dans le foyer à cette heure pour reprendre mon manteau, à la demande de la responsable de salle.",
        "I was in the foyer at that time to fetch my coat, at the request of the house manager.",
    ),
    "refusal": (
        "Dit is uw negende verzoek sinds september over dezelfde tien minuten. Op 3 september 2026 hebt u er een volledige "
        "kopie van gekregen (EXP-2026-021); sindsdien is er niets aan de beelden veranderd.",
        "C’est votre neuvième demande depuis septembre concernant les mêmes dix minutes. Vous en avez reçu une copie "
        "complète le 3 septembre 2026 (EXP-2026-021) ; depuis, rien n’a changé dans ces images.",
        "This is your ninth request since September about the same ten minutes. On 3 September 2026 you received a full "
        "copy of them (EXP-2026-021); nothing in the footage has changed since.",
    ),
    "place": (
        "onthaal, Hendrik Serruyslaan 18A, 8400 Oostende",
        "accueil, Hendrik Serruyslaan 18A, 8400 Ostende",
        "reception, Hendrik Serruyslaan 18A, 8400 Ostend",
    ),
    "found": (
        "Een van de twee camera’s in de foyer filmde een stuk van de straat. Dat had niet gemogen. De andere klopte met wat "
        "op het bord aan de ingang staat.",
        "L’une des deux caméras du foyer filmait une partie de la rue, ce qui n’aurait pas dû arriver. L’autre correspondait "
        "à ce qu’annonce le panneau à l’entrée.",
        "One of the two cameras in the foyer recorded a part of the street, which it should not have done. The other did what "
        "the sign at the entrance says.",
    ),
    "not_found": (
        "De camera’s in de foyer filmen alleen de foyer, zoals het bord aan de ingang zegt. Wij hebben dat nagekeken.",
        "Les caméras du foyer ne filment que le foyer, comme l’annonce le panneau à l’entrée. Nous l’avons vérifié.",
        "The cameras in the foyer record the foyer alone, as the sign at the entrance says. We have checked that.",
    ),
    "masked": (
        "De straat is sinds 4 november 2026 afgedekt in het beeld van die camera. Wat ervan bewaard was, is gewist.",
        "Depuis le 4 novembre 2026, la rue est masquée dans l’image de cette caméra. Ce qui en était conservé a été effacé.",
        "Since 4 November 2026 the street has been covered in the picture of that camera. What was kept of it was deleted.",
    ),
    "nature": (
        "Een externe schijf met een versleutelde back-up is uit het kantoor verdwenen. De sleutel stond er niet op.",
        "Un disque externe contenant une sauvegarde chiffrée a disparu du bureau. La clé ne s’y trouvait pas.",
        "An external disk with an encrypted back-up has disappeared from the office. The key was not on it.",
    ),
    "categories": (
        "Bezoekers en medewerkers die tussen 1 en 7 november 2026 een verzoek deden: naam, contactgegevens en het verzoek "
        "zelf. Geen beelden.",
        "Visiteurs et membres du personnel ayant introduit une demande entre le 1er et le 7 novembre 2026 : nom, "
        "coordonnées et la demande elle-même. Pas d’images.",
        "Visitors and staff who made a request between 1 and 7 November 2026: name, contact details and the request "
        "itself. No footage.",
    ),
    "consequences": (
        "Zonder de sleutel is de inhoud niet leesbaar. Wie ook de sleutel zou hebben, weet wie ons schreef en waarover.",
        "Sans la clé, le contenu est illisible. Quiconque aurait aussi la clé saurait qui nous a écrit et à quel sujet.",
        "Without the key the contents cannot be read. Anybody who also had the key would know who wrote to us and why.",
    ),
    "measures": (
        "De sleutel is vervangen, er is aangifte gedaan en de overige schijven zijn geteld.",
        "La clé a été remplacée, une plainte a été déposée et les autres disques ont été comptés.",
        "The key was replaced, the police were informed and the other disks were counted.",
    ),
    "recurrence": (
        "Back-ups gaan voortaan in een afgesloten kast; wie er een meeneemt, tekent daarvoor.",
        "Les sauvegardes seront désormais rangées dans une armoire fermée ; quiconque en emporte une signe un registre.",
        "Back-ups will be kept in a locked cabinet; whoever takes one signs for it.",
    ),
    "late": (
        "De dader had ook het toegangsregister gewist. Pas na drie dagen was duidelijk welke schijf ontbrak.",
        "L’auteur avait aussi effacé le registre des accès. Il a fallu trois jours pour savoir quel disque manquait.",
        "The culprit had also erased the register of entries. It took three days to find out which disk was missing.",
    ),
    "advice": (
        "Wees op uw hoede voor berichten die naar uw verzoek verwijzen. Wij vragen u nooit om een wachtwoord.",
        "Méfiez-vous des messages qui font référence à votre demande. Nous ne vous demandons jamais de mot de passe.",
        "Be wary of messages that refer to your request. We never ask you for a password.",
    ),
    "change_1": (
        "Beelden van de gevel worden zeven dagen bewaard in plaats van tien.",
        "Les images de la façade sont conservées sept jours au lieu de dix.",
        "Footage of the façade is kept for seven days instead of ten.",
    ),
    "change_2": (
        "De camera aan de artiesteningang is weggenomen.",
        "La caméra de l’entrée des artistes a été retirée.",
        "The camera at the stage door has been removed.",
    ),
    "service": ("onderhoud van de camera’s", "entretien des caméras", "maintenance of the cameras"),
    "workstation": ("werkstation onthaal", "poste de l’accueil", "reception workstation"),
    "purpose_facade": ("diefstal en schade", "vol et dégradations", "theft and damage"),
    "purpose_foyer": (
        "veiligheid van bezoekers en medewerkers",
        "sécurité des visiteurs et du personnel",
        "safety of visitors and staff",
    ),
}


def specimen_text(name: str, language: Language) -> str:
    return _TEXTS[name][_ORDER.index(language)]
