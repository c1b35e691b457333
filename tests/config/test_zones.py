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
latrine | corridor to the toilets | zone-vestiaire-2 | TÖILET | T0ilet | to1let | TOlLET | t.o.i.l.e.t
тoilеt | toi\u00adlet | t\u200boilet | ｔｏｉｌｅｔ | herentoilet links | gang naast toiletten | d0uche
k1eedkamer | wcdeur
herensanitair | Sanitär | Umkleide | Umkleidekabine | Damentoilette | Herren-WC | Dusche | Duschraum | Klo | Badezimmer
Waschraum | stortbaden | artiestenloge | loge des artistes | Künstlergarderobe | omkleden | toillet | twalet | ve5tiaire
""".replace("\n", " | ").split(" | ")

ALLOWED = """
facade | foyer | showroom | newcastle | wcd | lockers | toiletries | eau de toilette | garderobe | cloakroom
kleding | kledij | passage | bathmat | exchange-room | sanitized | paspoort | loods | loop | kamer-1
interest room | balloons | theft and damage | fraude bij examens | change | fitting-out | waterloo | was
dressing | vestibule | restaurant | gang-2 | kassa | schouwburg | parking | Wcomputerlokaal | klooster | kloof | l00
loge 3 | loge | hal l00 p133 | 4e verdieping | theft & damage | kassa 7/24 | wc3000x | toezicht op de inkom | dusk
Diebstahl und Beschädigung | vol et dégradation | diefstal en beschadiging | sanatorium | artiestenfoyer | abortus
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


@pytest.mark.parametrize(
    ("key", "text"),
    [("location", "herentoilet links"), ("purpose", "vandalism in the T0ilet"), ("location", "gang naast toiletten")],
)
def test_a_camera_whose_text_names_such_a_place_is_refused(bare_site, key, text):
    texts = {"purpose": "theft", "location": "Kerkstraat"} | {key: text}
    lines = "".join(f'{name} = "{value}"\n' for name, value in texts.items())
    toml = bare_site.config.read_text()
    bare_site.config.write_text(toml.replace('purpose = "theft and damage"\n', lines, 1))

    refusal = bare_site.cctv("config check", exit=10).err

    assert f"cameras.gevel-1.{key}" in refusal
    assert "names a toilet, shower or changing room" in refusal
    assert "gang achteraan" in refusal
