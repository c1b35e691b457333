"""Places that no camera may watch, in the words that people use for them."""

import pytest

from cctv.model.legal import ZoneKind, forbidden_place

FORBIDDEN = """
wc | WC | wc-1 | wc2 | w.c. | W.-C. | wc's | herenwc | dames-wc | wc-ruimte | wcruimte | toilet | toiletten
Toilettes | herentoilet | damestoiletten | invalidentoilet | toiletruimte | toiletdeur | cabinet de toilette
kleedkamer | kleedkamers | kleed kamer | kleedhokje | kleedhokjes | kleed-hokjes | kleedruimte | omkleedruimte
verkleedhok | pashokje | pashok | paskamer | paskamers | douche | douches | doucheruimte | sanitair
sanitaire | Sanitaires | sanitairblok | restroom | rest-room | bathroom | washroom | changing-room
changing_rooms | fitting room | fittingroom | locker room | dressing room | changing area | vestiaire
vestiaires | cabine d'essayage | cabines d’essayage | salon d'essayage | lavatory | lavatories | loo | urinoir
badkamer | salle de bains | salle d'eau | water closet | shower | showers | ladies' room | men's room | gents
latrine | corridor to the toilets | zone-vestiaire-2 | TÖILET
""".replace("\n", " | ").split(" | ")

ALLOWED = """
facade | foyer | showroom | newcastle | wcd | lockers | toiletries | eau de toilette | garderobe | cloakroom
kleding | kledij | passage | bathmat | exchange-room | sanitized | paspoort | loods | loop | kamer-1
interest room | balloons | theft and damage | fraude bij examens | change | fitting-out | waterloo | was
dressing | vestibule | restaurant | gang-2 | kassa | schouwburg | parking
""".replace("\n", " | ").split(" | ")


@pytest.mark.parametrize("name", [name for name in FORBIDDEN if name])
def test_a_toilet_or_changing_room_is_known_under_its_names(name):
    assert forbidden_place(name)


@pytest.mark.parametrize("name", [name for name in ALLOWED if name])
def test_other_places_are_not_mistaken_for_one(name):
    assert forbidden_place(name) is None


@pytest.mark.parametrize("kind", ZoneKind)
def test_no_kind_of_zone_is_one(kind):
    assert forbidden_place(kind.value) is None
