"""The command line as one language: the same word is the same thing for every verb that has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from foldline.cli import app
from foldline.cli.app import verb_alone

COMMAND = typer.main.get_command(app)
# What an option says of the verb that has it; every other option is told in the same words everywhere.
OF_THE_VERB = {
    "--activation": ("The hidden units of a file", "Hidden units of a plain network"),
    "--box": ("Two corners, of voxels", "Two corners: -1 1"),
    "--device": ("Of the search: cpu; cuda", "cpu; cuda", "Of sampled pictures: cpu; cuda"),
    "--frame": ("Folder of shapes: each centred", "fit: size and place"),
    "--level": ("One output: the value between", "The value on the surface"),
    "--max-bytes": ("The most bytes the file", "The most bytes an archive"),
    "--steps": ("Steps of the search for the code", "Steps of descent"),
}
OUT = "--out"  # names what is written, which every verb has of its own


def options() -> Iterator[tuple[str, str, Any]]:
    """Every option: verb, name, what Typer knows of it."""
    for verb, command in COMMAND.commands.items():
        for option in command.params:
            if option.param_type_name == "option" and "--help" not in option.opts:
                yield verb, "/".join([*option.opts, *option.secondary_opts]), option


def by_name() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for verb, name, option in options():
        found[name][verb] = option
    return found


def test_an_option_takes_the_same_kind_of_value_everywhere() -> None:
    for name, verbs in by_name().items():
        kinds = {(one.is_flag, one.nargs, one.multiple) for one in verbs.values()}
        assert len(kinds) == 1, (name, kinds)


def test_an_option_is_told_in_the_same_words_everywhere() -> None:
    for name, verbs in by_name().items():
        told = {one.help for one in verbs.values()}
        meanings = OF_THE_VERB.get(name, ("",))
        assert len(told) == len(meanings) or name == OUT, (name, told)
        assert all(any(text.startswith(meaning) for text in told) for meaning in meanings), (name, told)


def test_no_two_options_of_a_verb_could_be_taken_for_each_other() -> None:
    for verb, command in COMMAND.commands.items():
        names = [name for option in command.params for name in (*option.opts, *option.secondary_opts)]
        assert len(names) == len(set(names)), verb


def test_every_option_says_what_it_is_in_a_sentence() -> None:
    for verb, name, option in options():
        assert option.help and option.help.endswith("."), (verb, name)
        assert name.islower() and "_" not in name, (verb, name)


def test_every_verb_can_be_quiet_told_to_a_program_and_debugged() -> None:
    for verb, command in COMMAND.commands.items():
        names = {name for option in command.params for name in option.opts}
        assert {"--quiet", "--debug"} <= names and ({"--json", "--max-seconds"} <= names or verb == "lab"), verb
        assert "--force" in names or "out" not in {option.name for option in command.params}, verb


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(["draw", "x", "--color", "field"], "--colour"), (["fit", "x", "--step", "3"], "--steps"),
     (["regions", "x", "--max-second", "3"], "--max-seconds"), (["surfce", "x"], "surface")],
)  # fmt: skip
def test_a_word_spelled_nearly_right_gets_a_hint(call, typed: list[str], meant: str) -> None:
    done = call(*typed)
    assert done.exit_code == 2 and meant in done.output


@pytest.mark.parametrize(
    ("line", "offered"),
    [("foldline reg", ["regions"]), ("foldline fit --act", ["--activation"]),
     ("foldline draw x --max-", ["--max-bytes", "--max-regions", "--max-rows", "--max-seconds"])],
)  # fmt: skip
def test_a_shell_completes_verbs_and_options(line: str, offered: list[str]) -> None:
    asked = {"_FOLDLINE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = CliRunner().invoke(app, [], env=asked, prog_name="foldline")
    assert sorted(done.output.split()) == offered


def test_a_verb_alone_is_the_verb_of_the_whole_program() -> None:
    """``main`` builds no other, which halves the time until ``--help`` is there."""
    assert all(verb_alone(verb) is not None for verb in COMMAND.commands)
    assert all(verb_alone(word) is None for word in ("", "--help", "--version", "fi", "app"))
    for verb in ("bounds", "lab"):
        whole = CliRunner().invoke(app, [verb, "--help"], prog_name="foldline")
        assert CliRunner().invoke(verb_alone(verb), ["--help"], prog_name=f"foldline {verb}").output == whole.output
