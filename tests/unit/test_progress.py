import io

from portal.progress import Progress, SilentProgress


def test_a_phase_names_itself_and_its_length_when_there_is_no_terminal(monkeypatch):
    moments = iter([0.0, 1.0, 3.0, 3.0, 4.0])
    monkeypatch.setattr("portal.progress.time.monotonic", lambda: next(moments))
    stream = io.StringIO()
    with Progress(stream).phase("Loading", total=10) as phase:
        phase.advance(3)
        phase.advance(4)
    assert stream.getvalue().splitlines() == ["Loading …", "  Loading: 7/10", "  Loading: done in 4.0 s"]


def test_silent_progress_says_nothing(capsys):
    progress = SilentProgress()
    progress.say("hello")
    with progress.phase("Loading", total=2) as phase:
        phase.advance()
    assert capsys.readouterr() == ("", "")
