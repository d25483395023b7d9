"""The command line: one function a verb, no mathematics, nothing heavy imported before a verb runs."""

from . import convert as convert
from . import drawing as drawing
from . import exact as exact
from . import fitting as fitting
from . import lab as lab
from . import lecture as lecture
from . import scenes as scenes
from . import shapes as shapes
from .app import PANELS
from .app import app as app
from .app import main as main

app.registered_commands.sort(key=lambda verb: PANELS.index(verb.rich_help_panel))
