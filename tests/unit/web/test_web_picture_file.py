"""A picture that is downloaded stands alone: its styles in it, nothing of the page around it."""

from xml.etree import ElementTree as ET

from rsm.web.charts import RunPoint, run_chart
from rsm.web.picture_file import file_name, svg_alone, svg_file

POINTS = (RunPoint("5 Oct", 3, 4), RunPoint("12 Oct", 0, 0), RunPoint("19 Oct", 1, 4))
PICTURE = run_chart(POINTS, "pc")


def test_it_is_well_formed_has_a_size_and_its_title() -> None:
    root = ET.fromstring(svg_alone(PICTURE, "Half & less < before"))  # noqa: S314 - our own picture
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("800", "260")
    titles = [each.text for each in root if each.tag.endswith("title")]
    assert titles == ["Half & less < before"]


def test_its_colours_need_no_other_file() -> None:
    alone = svg_alone(PICTURE)
    assert ".ser {" in alone
    assert "#0b5a66" in alone
    assert "var(" not in alone
    assert "aria-labelledby" not in alone


def test_it_is_downloaded_under_a_name_of_its_own() -> None:
    answer = svg_file(PICTURE, "Completed, of due")
    assert answer.media_type == "image/svg+xml"
    assert answer.headers["content-disposition"] == 'attachment; filename="completed-of-due.svg"'
    assert file_name('"; x=', "csv") == "x.csv"
    assert file_name("…", "csv") == "picture.csv"
