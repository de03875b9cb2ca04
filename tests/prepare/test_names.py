"""Names of many languages: rewritten or split where that is certain, else left alone."""

import pytest

from contacts_pipeline.prepare.names import recase_name, split_name
from tests.prepare.tables import Row, settings, valid


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ANNA MARIA", "Anna Maria"),
        ("JEAN-LUC", "Jean-Luc"),
        ("VON DER LEYEN", "von der Leyen"),
        ("DE LA CRUZ", "de la Cruz"),
        ("AL PACINO", "Al Pacino"),
        ("ROBERT DE NIRO", "Robert de Niro"),
        ("DO THI LAN", "Do Thi Lan"),
        ("VAN DEN BERG", "van den Berg"),
        ("VAN 'T HOFF", "van 't Hoff"),
        ("'T HOOFT", "'t Hooft"),
        ("VI NGUYEN", "Vi Nguyen"),
        ("IJAZ IJEOMA", "Ijaz Ijeoma"),
        ("D'ANGELO", "D'Angelo"),
        ("O\u2019NEILL", "O\u2019Neill"),
        ("MCDONALD", "McDonald"),
        ("HENRY IV", "Henry IV"),
        ("MÜLLER-LÜDENSCHEIDT", "Müller-Lüdenscheidt"),
        ("ØSTERGÅRD", "Østergård"),
        ("IJSBRAND", "IJsbrand"),
        ("IŞIK", "I\u015f\u0131k"),
        ("İBRAHİM ŞAHİN", "İbrahim Şahin"),
        ("YILDIZ", "Yildiz"),
        ("ИВАНОВ", "Иванов"),
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδοπουλος"),
    ],
)
def test_a_name_in_capitals_is_written_as_its_bearer_would(written: str, name: str) -> None:
    assert recase_name(written) == name


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Anna van der Berg", "Anna", "van der Berg"),
        ("José de la Cruz García", "José", "de la Cruz García"),
        ("Mohammed bin Salman", "Mohammed", "bin Salman"),
        ("Conan O'Brien", "Conan", "O'Brien"),
        ("Ronald McDonald", "Ronald", "McDonald"),
        ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("Van Morrison", "Van", "Morrison"),
        ("Berg, Anna", "Anna", "Berg"),
        ("Berg,Anna", "Anna", "Berg"),
        ("van den Berg, Jan", "Jan", "van den Berg"),
        ("García Márquez, Gabriel", "Gabriel", "García Márquez"),
        ("John Smith Jr.", "John", "Smith Jr."),
        ("Smith, John, Jr.", "John", "Smith Jr."),
        ("Henry Ford III", "Henry", "Ford III"),
        ("Prof. Dr. Eva von der Heide", "Eva", "von der Heide"),
    ],
)
def test_a_full_name_is_split(name: str, first: str, last: str) -> None:
    assert split_name(name) == (first, last)


@pytest.mark.parametrize(
    "name",
    [
        "Madonna",
        "de Gaulle",
        "山田太郎",
        "Иван Иванов",
        "김민준",
        "Mr. and Mrs. Smith",
        "Smith & Sons",
        "ACME GmbH",
        "Peter II",
        "Queen Latifah",
        "Bob (Bobby) Jones",
        "a@x.org",
        "Room 7",
        "",
    ],
)
def test_what_is_not_certainly_one_person_with_two_names_stays_whole(name: str) -> None:
    assert split_name(name) == (None, None)


def test_full_names_are_split_only_where_settings_say_so_and_the_parts_are_empty() -> None:
    rows: list[Row] = [
        {"source_key": "1", "name": "BERG, ANNA", "email": "a@x.org"},
        {"source_key": "2", "name": "Madonna", "email": "b@x.org"},
        {"source_key": "3", "name": "Anna Berg", "first_name": "Ann", "email": "c@x.org"},
    ]
    split = valid(rows, settings(validation={"full_names": "split"}))
    assert [(row["first_name"], row["last_name"], row["name"]) for row in split] == [
        ("Anna", "Berg", None),
        (None, None, "Madonna"),
        ("Ann", None, None),
    ]
    assert [row["name"] for row in valid(rows)] == ["Berg, Anna", "Madonna", None]


def test_small_letters_and_writing_without_capitals_stay() -> None:
    for name in ("bell hooks", "danah", "محمد", "山田"):
        (row,) = valid([{"first_name": name, "email": "a@x.org"}])
        assert row["first_name"] == name
