import statistics

from tests.architecture.sources import body_lines, sources


def percentile(values, share):
    return statistics.quantiles(values, n=100)[share - 1]


def test_no_file_is_longer_than_400_lines():
    long = {s.name: s.text.count("\n") for s in sources() if s.text.count("\n") > 400}
    assert not long


def test_most_files_are_short():
    lengths = [s.text.count("\n") for s in sources()]
    assert percentile(lengths, 90) <= 250


def test_no_function_body_is_longer_than_50_lines():
    long = {
        f"{s.name}:{f.lineno} {f.name}": body_lines(f)
        for s in sources()
        for f in s.functions
        if body_lines(f) > 50
    }
    assert not long


def test_most_function_bodies_are_short():
    lengths = [body_lines(f) for s in sources() for f in s.functions]
    assert percentile(lengths, 75) <= 10
    assert percentile(lengths, 90) <= 22


def test_few_parameters():
    counts = []
    for source in sources():
        for function in source.functions:
            arguments = function.args
            named = [
                a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            ]
            counts.append(len([name for name in named if name not in {"self", "cls"}]))
    assert percentile(counts, 90) <= 4
