"""Sphinx configuration: `sphinx-build -W --keep-going -b html docs DIR`, without network."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import polytheory  # noqa: E402  the path has to be set first

# The chapters are in derivations/, for readers of the repository; the site uses a copy.
shutil.rmtree(HERE / "derivations", ignore_errors=True)
shutil.copytree(HERE.parent / "derivations", HERE / "derivations")

project = "polytheory"
author = "polytheory developers"
copyright = author
version = release = polytheory.__version__
language = "en"
smartquotes = False  # keeps -- of options and straight quotes of values

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    # ours, in docs/_ext
    "chapters",
    "docstrings",
    "generated",
    "mathml",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "autolink"  # `name` in a docstring becomes a link if the name is documented

# References must resolve, except bare words in docstrings, which may be parameters, and names of
# other packages, whose inventories are not fetched.
nitpicky = True
nitpick_ignore_regex = [("py:obj", r"\w+|(?!polytheory\.).*")]

# Markdown
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_url_schemes = {
    "http": None,
    "https": None,
    "mailto": None,
    # a file of the repository; tests/docs/test_links.py checks that it exists
    "source": "https://github.com/polytheory/polytheory/blob/main/{{path}}",
}

# API reference
autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_default_options = {"members": True, "no-value": True, "member-order": "alphabetical"}
autodoc_typehints = "none"  # the docstrings contain the types
numpydoc_show_class_members = False
numpydoc_validation_checks = set()
add_module_names = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

# Galleries
sphinx_gallery_conf = {
    "examples_dirs": ["../simulations"],
    "gallery_dirs": ["auto_simulations"],
    "filename_pattern": r"\.py$",  # every script runs
    "within_subsection_order": "gallery.place",
    "ignore_pattern": r"^_",  # matched with the name
    "abort_on_example_error": True,
    "reset_argv": "gallery.arguments",
    "capture_repr": (),
    "parallel": 2,
    "backreferences_dir": None,
    "download_all_examples": False,
    "min_reported_time": 1e6,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
}

# One result keeps one name in every tree; the warning is about names without their folder.
suppress_warnings = ["sphinx_gallery.duplicate_filename"]

# HTML
html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "polytheory"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}  # many pages are generated: nothing to edit
