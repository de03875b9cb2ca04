"""The five countries of the sample warehouse: their names, places and ways of writing.

All people are invented. Phones come from the ranges that regulators keep free for films and
books, where a country has one: DE 'Rufnummern für Medienproduktionen', GB Ofcom's drama
numbers, US 555-01xx, FR Arcep's numbers for audiovisual works. Brazil keeps none.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Phones that start with ``area`` and ``prefix`` and end in ``digits`` counted digits."""

    area: str
    prefix: str
    digits: int


@dataclass(frozen=True)
class Country:
    """How the people of one country are called, and how they write."""

    code: str
    spellings: tuple[str, ...]
    ranges: tuple[Range, ...]
    phones: tuple[str, ...]  # {a} area, {b} the rest, {c} and {d} its halves
    wrong_phones: tuple[str, ...]
    extension: str
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    particles: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]  # city, state, postal code
    streets: tuple[str, ...]
    street_form: str
    timezones: tuple[str, ...]
    birthday: str
    yes_no: tuple[str, str]


GERMANY = Country(
    code="DE",
    spellings=("Germany", "Deutschland", "DE", "DEU", "germany", "Germny", "Allemagne", " DE "),
    ranges=(
        Range("30", "23125", 3),
        Range("69", "90009", 3),
        Range("40", "66969", 3),
        Range("221", "4710", 3),
        Range("89", "99998", 3),
        Range("176", "040690", 2),
        Range("171", "39200", 2),
    ),
    phones=(
        "+49 {a} {b}",
        "+49{a}{b}",
        "+49 0{a} {b}",
        "+49 (0){a} {c}-{d}",
        "0049 {a} {b}",
        "0{a}/{b}",
        "(0{a}) {c} {d}",
        "0{a}.{c}.{d}",
        "0{a}{b}",
        "49{a}{b}",
    ),
    wrong_phones=("030", "0000000", "+49", "k. A.", "12345", "+49 30 23"),
    extension="Durchwahl",
    firsts=(
        *("Anna", "Jürgen", "Käthe", "Lukas", "Mia", "Björn", "Zoë", "Felix", "Hans-Peter"),
        *("Sören", "Ute", "Jörg", "Clara", "Emil", "Ayşe", "Milan", "Greta", "Anke"),
    ),
    lasts=(
        *("Müller", "Schäfer", "Groß", "Weiß", "Özdemir", "Kranich", "Lindqvist", "Brückner"),
        *("Meyer-Landrut", "Kowalski", "Jäger", "Vogelsang", "Hartwig", "Dörfler", "Sommer"),
    ),
    particles=("von der Heide", "zu Hohenfels", "vom Bruch", "VON STEIN"),
    places=(
        ("Berlin", "Berlin", "10115"),
        ("Dresden", "Sachsen", "01067"),
        ("Köln", "NRW", "50667"),
        ("Leipzig", "SN", "04109"),
        ("Berlin", "", "D-12045"),
    ),
    streets=("Lindenallee", "Am Mühlbach", "Kastanienweg", "Goethestraße", "Ufergasse"),
    street_form="{street} {number}",
    timezones=("Europe/Berlin", "W. Europe Standard Time", "CET", "Europe/Berln", "Berlin"),
    birthday="{d:02}.{m:02}.{y}",
    yes_no=("ja", "nein"),
)

BRITAIN = Country(
    code="GB",
    spellings=(
        *("United Kingdom", "UK", "GB", "GBR", "Great Britain", "England", "U.K."),
        *("Untied Kingdom", "uk"),
    ),
    ranges=(
        Range("20", "7946 0", 3),
        Range("113", "496 0", 3),
        Range("161", "496 0", 3),
        Range("131", "496 0", 3),
    ),
    phones=(
        "+44 {a} {b}",
        "+44{a}{b}",
        "+44 (0){a} {b}",
        "+44 0{a} {b}",
        "0044 {a} {b}",
        "0{a} {b}",
        "(0{a}) {c} {d}",
        "0{a}-{c}-{d}",
        "0{a}{b}",
        "44{a}{b}",
    ),
    wrong_phones=("07700 900123", "01632 960001", "020 7946", "0", "ex-directory", "99999999999"),
    extension="ext.",
    firsts=(
        *("Olivia", "Siân", "George", "Aoife", "Harry", "Priya", "Rhys", "Zoë", "Mohammed"),
        *("Isla", "Alfie", "Niamh", "Ewan", "Grace", "Callum", "Freya", "Tunde", "Beth"),
    ),
    lasts=(
        *("O'Hanlon", "Whitlock", "MacAndrew", "Fenwick", "Okafor", "Pemberton-Shaw", "Llwyd"),
        *("Bramhall", "Thorne", "Ashdown", "D\u2019Arcey", "Kaur", "Hollis", "Tremayne", "Winslow"),
    ),
    particles=("de la Mare", "ap Rhys", "St. John", "DE VERE"),
    places=(
        ("London", "Greater London", "SW1A 9ZZ"),
        ("Leeds", "West Yorkshire", "ls1 9zz"),
        ("Manchester", "", "M19ZZ"),
        ("Edinburgh", "Scotland", "EH1 9ZZ"),
    ),
    streets=("Mill Lane", "Station Road", "Abbey Close", "St. Anne's Terrace", "The Crescent"),
    street_form="{number} {street}",
    timezones=("Europe/London", "GMT Standard Time", "GMT", "UK", "Europe/Londn"),
    birthday="{d:02}/{m:02}/{y}",
    yes_no=("yes", "no"),
)

STATES = Country(
    code="US",
    spellings=(
        *("United States", "USA", "US", "U.S.A.", "United States of America", "us"),
        *("Untied States", "Estados Unidos", "America"),
    ),
    ranges=tuple(
        Range(area, "55501", 2)
        for area in (
            *("512", "737", "210", "214", "713", "817", "915"),
            *("361", "254", "469", "832", "940", "956", "979"),
        )
    ),
    phones=(
        "+1 {a}-{c}-{d}",
        "+1 ({a}) {c}-{d}",
        "+1{a}{b}",
        "({a}) {c}-{d}",
        "{a}-{c}-{d}",
        "{a}.{c}.{d}",
        "1-{a}-{c}-{d}",
        "{a}{b}",
        "1{a}{b}",
        "{a} {c} {d}",
        "011 1 {a} {c} {d}",
    ),
    wrong_phones=("555-0100", "(000) 000-0000", "+1", "unlisted", "5.12556E+09", "512555010"),
    extension="x",
    firsts=(
        *("Emma", "Liam", "José", "Renée", "Tyler", "LaToya", "Wei", "Maddison", "Jack"),
        *("Chloé", "Hunter", "Guadalupe", "Billy Ray", "Zachary", "Ming", "Savannah", "Cody"),
    ),
    lasts=(
        *("Ramírez", "O'Dell", "Nguyen-Pratt", "McAllister", "Hollowell", "Washburn", "Peña"),
        *("Kowalczyk", "Brewster", "Tillman", "Ybarra", "St. Clair", "Hargrove", "Yazzie"),
    ),
    particles=("de la Cruz", "Van Buskirk", "Del Río", "DELACROIX JR."),
    places=(
        ("Austin", "TX", "78701"),
        ("Boston", "MA", "02134"),
        ("San Antonio", "Texas", "78205-0100"),
        ("Newark", "NJ", "07102"),
        ("El Paso", "tx", "79901"),
    ),
    streets=("Live Oak Dr", "Mesquite Blvd", "E 11th St", "Old Mill Rd", "County Road 9"),
    street_form="{number} {street}",
    timezones=("America/Chicago", "Central Standard Time", "CST", "US/Central", "America/Austin"),
    birthday="{m:02}/{d:02}/{y}",
    yes_no=("Y", "N"),
)

FRANCE = Country(
    code="FR",
    spellings=("France", "FR", "FRA", "france", "Frankreich", "Fracne", "République française"),
    ranges=(
        Range("1", "9900", 4),
        Range("2", "6191", 4),
        Range("3", "5301", 4),
        Range("4", "6571", 4),
        Range("5", "3649", 4),
    ),
    phones=(
        "+33 {a} {c} {d}",
        "+33{a}{b}",
        "+33 (0){a} {c} {d}",
        "+33 0{a} {b}",
        "0033 {a} {b}",
        "0{a} {c} {d}",
        "0{a}.{c}.{d}",
        "0{a}-{c}-{d}",
        "0{a}{b}",
        "33{a}{b}",
    ),
    wrong_phones=("06 39 98 12 34", "01 99 00", "+33", "néant", "0102030405060708", "00"),
    extension="poste",
    firsts=(
        *("Chloé", "François", "Zoé", "Éloïse", "Jean-Luc", "Anaïs", "Maël", "Noëlle", "Théo"),
        *("Inès", "Yacine", "Agnès", "Loïc", "Camille", "Benoît", "Aïcha", "Rémi", "Hélène"),
    ),
    lasts=(
        *("Lefèvre", "Dubuisson", "L'Hermite", "Gârnier", "N'Diaye", "Beaumont", "Châtelain"),
        *("Roche-Blanche", "Perrault", "Müntz", "Bérengère", "Quénot", "Faÿ", "Marchand"),
    ),
    particles=("de la Tour", "d'Aubigny", "Le Gall", "DU BOIS"),
    places=(
        ("Paris", "Île-de-France", "75011"),
        ("Bourg-en-Bresse", "Ain", "01000"),
        ("Nice", "PACA", "06000"),
        ("LYON CEDEX 03", "", "69003"),
    ),
    streets=("rue des Lilas", "avenue de l'Église", "impasse du Moulin", "bd Saint-Aignan"),
    street_form="{number}, {street}",
    timezones=("Europe/Paris", "Romance Standard Time", "GMT+1", "Paris", "Europe/Pari"),
    birthday="{d:02}/{m:02}/{y}",
    yes_no=("oui", "non"),
)

BRAZIL = Country(
    code="BR",
    spellings=("Brazil", "Brasil", "BR", "BRA", "brasil", "Brzil", "Brésil"),
    ranges=(
        Range("11", "90000", 4),
        Range("21", "90000", 4),
        Range("31", "90000", 4),
        Range("11", "30000", 3),
    ),
    phones=(
        "+55 ({a}) {c}-{d}",
        "+55 {a} {b}",
        "+55{a}{b}",
        "+55 0{a} {b}",
        "0015 55 {a} {b}",
        "({a}) {c}-{d}",
        "({a}) {c} {d}",
        "0{a} {c}-{d}",
        "{a}.{c}.{d}",
        "{a}{b}",
        "55{a}{b}",
    ),
    wrong_phones=("(11) 0000-000", "0055 11 90000-9999", "não tem", "90000", "+55", "11 9"),
    extension="ramal",
    firsts=(
        *("João", "Conceição", "Luís", "Antônia", "Thiago", "Inês", "Caio", "Yasmin", "Raí"),
        *("Márcia", "Ângelo", "Beatriz", "Kauã", "Otávio", "Sônia", "Zuleica", "Davi", "Iara"),
    ),
    lasts=(
        *("Gonçalves", "Assunção", "Araújo", "Simões", "Nakamura", "Brandão", "Furtado"),
        *("Magalhães", "Peçanha", "Queirós", "Sant'Anna", "Tavares-Lima", "Vasconcelos"),
    ),
    particles=("dos Santos", "da Conceição", "de Sá", "DAS NEVES"),
    places=(
        ("São Paulo", "SP", "01310-100"),
        ("Rio de Janeiro", "RJ", "20040020"),
        ("Belo Horizonte", "Minas Gerais", "30130-010"),
        ("SAO PAULO", "São Paulo", "04538-133"),
    ),
    streets=("Rua das Acácias", "Av. São João", "Travessa do Sol", "Alameda Itaú"),
    street_form="{street}, {number}",
    timezones=("America/Sao_Paulo", "E. South America Standard Time", "UTC-3", "Brasília"),
    birthday="{d:02}/{m:02}/{y}",
    yes_no=("sim", "não"),
)

COUNTRIES = (GERMANY, BRITAIN, STATES, FRANCE, BRAZIL)
