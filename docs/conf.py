"""How the documentation is built: `make docs`, without the network; a warning is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import house

from foldline.version import __version__

project, author = "foldline", "the foldline authors"
version = release = __version__
extensions = ["sphinx.ext.autodoc", "myst_nb", "sphinx_gallery.gen_gallery", "house"]
GALLERIES = ("gallery", "fields")
ENDS = ("ipynb", "py", "json", "zip")  # beside each page of a gallery
exclude_patterns = ["_build", "**sg_execution_times*", *(f"{room}/*.{end}" for room in GALLERIES for end in ENDS)]
html_theme, html_title, html_show_copyright = "furo", "foldline", False
html_static_path: list[str] = []
myst_enable_extensions = ["colon_fence"]  # no formulas that a script from elsewhere would draw
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]  # the gallery's scraper is a function, which Sphinx does not pickle
nb_execution_mode, nb_execution_timeout, nb_execution_raise_on_error = "force", 120, True
nb_execution_in_temp = False
autodoc_typehints_format, python_use_unqualified_type_names = "short", True
autodoc_type_aliases = {name: name for name in ("ArrayLike", "Array", "Index")}
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
sphinx_gallery_conf = {
    "examples_dirs": ["../examples/lecture", "../examples/fields"],
    "gallery_dirs": list(GALLERIES),
    "within_subsection_order": "FileNameSortKey",
    "filename_pattern": "",
    "image_scrapers": (house.drawn, "matplotlib"),
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "remove_config_comments": True,
    "min_reported_time": 1e9,
    "reset_modules": (),
    "abort_on_example_error": True,
    "plot_gallery": "True",
}
